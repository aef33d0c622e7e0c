# Every plugin of the tree can be loaded and says what it should. What a plugin needs of its
# host is bound when it is called, and nothing is called here.
helios_unit_test(plugins ${CMAKE_CURRENT_LIST_DIR}/test_plugins.c)
target_compile_definitions(test_plugins PRIVATE HELIOS_TEST_BUILD="${CMAKE_BINARY_DIR}")
add_dependencies(test_plugins service_test service_noop service_fileindexer service_exec
  toy_service toy_idem bad_abi bad_norun bad_name bad_symbol)
