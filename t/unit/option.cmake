helios_unit_test(option ${CMAKE_CURRENT_LIST_DIR}/test_option.c)
target_compile_definitions(test_option PRIVATE HELIOS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# cmake --build BUILD --target generate: writes again what the option table feeds.
add_executable(helios_generate EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/generate.c)
target_link_libraries(helios_generate PRIVATE helios_testing)
add_custom_target(generate COMMAND helios_generate WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})

find_program(MANDOC mandoc)
if(MANDOC)
  add_test(NAME lint.helios_ini_5
    COMMAND ${MANDOC} -Tlint -W warning ${CMAKE_SOURCE_DIR}/docs/man/helios.ini.5)
  set_tests_properties(lint.helios_ini_5 PROPERTIES LABELS lint TIMEOUT 20)
endif()
