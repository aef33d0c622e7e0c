helios_unit_test(client ${CMAKE_CURRENT_LIST_DIR}/test_client.c)
