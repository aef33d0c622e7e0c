helios_unit_test(environment ${CMAKE_CURRENT_LIST_DIR}/test_environment.c)
