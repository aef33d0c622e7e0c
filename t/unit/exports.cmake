# The shared library shows what the committed list names, and nothing else.
add_test(NAME unit.exports
  COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/exports.sh $<TARGET_FILE:helios>
    ${CMAKE_SOURCE_DIR}/t/data/exported_symbols.txt)
set_tests_properties(unit.exports PROPERTIES TIMEOUT 30 LABELS unit)
