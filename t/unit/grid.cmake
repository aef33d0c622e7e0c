helios_unit_test(grid ${CMAKE_CURRENT_LIST_DIR}/test_grid.c
  ${CMAKE_SOURCE_DIR}/daemon/ctl/grid.c ${CMAKE_SOURCE_DIR}/daemon/ctl/cell.c)
