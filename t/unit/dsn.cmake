helios_unit_test(dsn ${CMAKE_CURRENT_LIST_DIR}/test_dsn.c)
