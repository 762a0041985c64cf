# memora_add_plugin(db-sqlite SOURCES a.c b.c LIBRARIES sqlite3): a loadable plugin that links nothing of the core.
# All plugins land in ${CMAKE_BINARY_DIR}/plugins, from where the tests and scripts/run load them.
function(memora_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;INCLUDES" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include ${ARG_INCLUDES})
  target_link_libraries(${name} PRIVATE memora_warnings ${ARG_LIBRARIES})
  if(NOT MEMORA_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,-z,nodelete -Wl,-z,relro)
  set_property(GLOBAL APPEND PROPERTY MEMORA_PLUGINS ${name})
  install(TARGETS ${name} LIBRARY DESTINATION ${MEMORA_PLUGIN_DIR} COMPONENT ${name})
endfunction()
