helios_unit_test(cursor ${CMAKE_CURRENT_LIST_DIR}/test_cursor.c)
