helios_unit_test(conf ${CMAKE_CURRENT_LIST_DIR}/test_conf.c)
