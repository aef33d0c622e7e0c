helios_unit_test(turn ${CMAKE_CURRENT_LIST_DIR}/test_turn.c)
