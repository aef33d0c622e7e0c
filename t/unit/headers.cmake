# The public headers in C11, C++17 and C++20.
add_test(NAME unit.headers
  COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/headers.sh ${CMAKE_SOURCE_DIR}/lib/include ${CMAKE_C_COMPILER})
set_tests_properties(unit.headers PROPERTIES TIMEOUT 60 LABELS unit SKIP_RETURN_CODE 77)
