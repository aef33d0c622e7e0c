helios_unit_test(name ${CMAKE_CURRENT_LIST_DIR}/test_name.c)
