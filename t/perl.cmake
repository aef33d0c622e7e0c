# helios_perl_test(FOLDER NAME [TIMEOUT seconds] [STORES sqlite mysql] [PROPERTIES p v ...])
#
# Registers t/FOLDER/NAME.t as FOLDER.STORE.NAME for each store it runs on; without STORES both.
# PROPERTIES are those of ctest. A script that cannot run here (no server, a program missing) exits 77 and is skipped.
function(helios_perl_test folder name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "STORES;PROPERTIES")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(NOT arg_STORES)
    set(arg_STORES sqlite mysql)
  endif()
  # For a machine that is busy with other things; a test that hangs is still ended.
  math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  foreach(store ${arg_STORES})
    set(test ${folder}.${store}.${name})
    add_test(NAME ${test}
      COMMAND perl -I${CMAKE_SOURCE_DIR}/t/lib ${CMAKE_SOURCE_DIR}/t/${folder}/${name}.t)
    set_tests_properties(${test} PROPERTIES
      TIMEOUT ${arg_TIMEOUT} LABELS "${folder};${store}" SKIP_RETURN_CODE 77
      SKIP_REGULAR_EXPRESSION "1\\.\\.0 # SKIP"
      ENVIRONMENT "HELIOS_BUILD=${CMAKE_BINARY_DIR};HELIOS_TEST_STORE=${store};HELIOS_TEST_ALARM=${arg_TIMEOUT}"
      ${arg_PROPERTIES})
  endforeach()
endfunction()
