helios_unit_test(binlog ${CMAKE_CURRENT_LIST_DIR}/test_binlog.c)
