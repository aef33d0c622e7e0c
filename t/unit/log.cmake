helios_unit_test(log ${CMAKE_CURRENT_LIST_DIR}/test_log.c)
