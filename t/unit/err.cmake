helios_unit_test(err ${CMAKE_CURRENT_LIST_DIR}/test_err.c)
