helios_unit_test(text ${CMAKE_CURRENT_LIST_DIR}/test_text.c)
