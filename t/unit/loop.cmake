helios_unit_test(loop ${CMAKE_CURRENT_LIST_DIR}/test_loop.c)
