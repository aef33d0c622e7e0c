# The master's parts: they see helios_master and helios_core, and nothing of the database.
function(helios_master_test name)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
  add_executable(test_${name} ${CMAKE_CURRENT_LIST_DIR}/test_${name}.c ${ARGN})
  target_link_libraries(test_${name} PRIVATE helios_flags helios_master PkgConfig::CMOCKA)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  add_test(NAME unit.${name} COMMAND test_${name})
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 600 LABELS unit)
endfunction()
helios_master_test(policy)
helios_master_test(pidfile)
helios_master_test(ready)
# With a lookout.c of its own, whose patience ends sooner.
helios_master_test(master stage.c ../../daemon/lookout.c)
target_compile_definitions(test_master PRIVATE LEAVE_MS=2000)
target_link_options(test_master PRIVATE LINKER:--wrap=fork)

# The master must stay clean of database clients and plugins.
add_test(NAME master.symbols
  COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/master_symbols.sh ${CMAKE_NM} $<TARGET_FILE:helios_master>)
set_tests_properties(master.symbols PROPERTIES TIMEOUT 60 LABELS unit)

# Which files may be loaded as plugins.
helios_master_test(trust ../../daemon/trust.c)
