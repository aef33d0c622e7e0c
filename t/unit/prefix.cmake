helios_unit_test(prefix ${CMAKE_CURRENT_LIST_DIR}/test_prefix.c)
