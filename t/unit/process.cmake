helios_unit_test(process ${CMAKE_CURRENT_LIST_DIR}/test_process.c)
