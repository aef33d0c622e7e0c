add_executable(ini_dump ini_dump.c)
target_link_libraries(ini_dump PRIVATE helios_flags helios_core)
add_test(NAME interop.ini_files
  COMMAND perl ${CMAKE_CURRENT_SOURCE_DIR}/ini_files.t $<TARGET_FILE:ini_dump>)
set_tests_properties(interop.ini_files PROPERTIES TIMEOUT 60 LABELS interop SKIP_RETURN_CODE 77)
