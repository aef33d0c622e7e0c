helios_unit_test(life ${CMAKE_CURRENT_LIST_DIR}/test_life.c)
