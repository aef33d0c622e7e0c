helios_unit_test(log_batch ${CMAKE_CURRENT_LIST_DIR}/test_log_batch.c)
