helios_unit_test(msg ${CMAKE_CURRENT_LIST_DIR}/test_msg.c)
