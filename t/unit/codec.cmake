foreach(codec value storable xml json args fit)
  helios_unit_test(${codec} ${CMAKE_CURRENT_LIST_DIR}/test_${codec}.c ${CMAKE_CURRENT_LIST_DIR}/tree_json.c)
endforeach()
add_test(NAME interop.xml_simple
  COMMAND perl ${CMAKE_SOURCE_DIR}/t/interop/xml_simple.t ${CMAKE_SOURCE_DIR}/t/data/xml_cases.json)
set_tests_properties(interop.xml_simple PROPERTIES TIMEOUT 60 LABELS interop)
