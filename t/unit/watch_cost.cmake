helios_unit_test(watch_cost ${CMAKE_CURRENT_LIST_DIR}/test_watch_cost.c ${CMAKE_SOURCE_DIR}/daemon/watch_cost.c)
