helios_unit_test(members ${CMAKE_CURRENT_LIST_DIR}/test_members.c)
