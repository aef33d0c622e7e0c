helios_unit_test(coredump ${CMAKE_CURRENT_LIST_DIR}/test_coredump.c)
