# helios_plugin(<target> <Service::Class> <source>...)
#
# A service plugin: a module named as helios_d looks for it (lower case, ':' becomes '_', no
# "lib"), which exports nothing but what <helios/service.h> marks. It is not linked with
# libhelios: the helios_* functions are those of the program that loads it.
function(helios_plugin target class)
  string(TOLOWER "${class}" file)
  string(REPLACE ":" "_" file "${file}")
  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE Helios::plugin)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME "${file}" SUFFIX ".so" C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden)
endfunction()
