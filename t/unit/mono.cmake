helios_unit_test(mono ${CMAKE_CURRENT_LIST_DIR}/test_mono.c)
