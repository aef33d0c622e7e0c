helios_unit_test(trail ${CMAKE_CURRENT_LIST_DIR}/test_trail.c)
