helios_unit_test(ini ${CMAKE_CURRENT_LIST_DIR}/test_ini.c)
