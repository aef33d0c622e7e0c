# With a turn.c of its own, whose patience ends sooner.
helios_unit_test(turn ${CMAKE_CURRENT_LIST_DIR}/test_turn.c ${CMAKE_SOURCE_DIR}/lib/core/turn.c)
target_compile_definitions(test_turn PRIVATE TURN_MS=200)
