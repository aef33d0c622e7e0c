set(ctl ${CMAKE_SOURCE_DIR}/daemon/ctl)
helios_unit_test(view ${CMAKE_CURRENT_LIST_DIR}/test_view.c ${ctl}/view.c ${ctl}/view_rows.c ${ctl}/grid.c
  ${ctl}/cell.c ${ctl}/when.c ${ctl}/boards.c ${ctl}/fleet.c ${ctl}/rowset.c)
