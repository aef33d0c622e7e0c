helios_unit_test(board ${CMAKE_CURRENT_LIST_DIR}/test_board.c)
