helios_unit_test(log ${CMAKE_CURRENT_LIST_DIR}/test_log.c)
target_link_options(test_log PRIVATE LINKER:--wrap=mono_now)
