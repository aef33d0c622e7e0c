helios_unit_test(db ${CMAKE_CURRENT_LIST_DIR}/test_db.c)
