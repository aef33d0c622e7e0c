helios_unit_test(buf ${CMAKE_CURRENT_LIST_DIR}/test_buf.c)
