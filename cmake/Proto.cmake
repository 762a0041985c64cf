# protoc (for our own protoc plugin) and protoc-c (message code); the well-known types come with protoc.
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)
find_path(PROTOBUF_INCLUDE google/protobuf/timestamp.proto REQUIRED)

# memora_proto_c(<list of out sources> ROOT dir FILES a.proto ...): C message code below ${CMAKE_BINARY_DIR}/proto.
function(memora_proto_c out_var)
  cmake_parse_arguments(ARG "" "ROOT" "FILES" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  file(GLOB_RECURSE all_protos CONFIGURE_DEPENDS ${ARG_ROOT}/*.proto)
  set(sources)
  foreach(proto ${ARG_FILES})
    string(REGEX REPLACE "\\.proto$" ".pb-c" stem ${proto})
    add_custom_command(OUTPUT ${out}/${stem}.c ${out}/${stem}.h
      COMMAND ${PROTOC_C} -I${ARG_ROOT} -I${PROTOBUF_INCLUDE} --c_out=${out} ${proto}
      DEPENDS ${all_protos} VERBATIM)
    list(APPEND sources ${out}/${stem}.c)
  endforeach()
  set(${out_var} ${sources} PARENT_SCOPE)
endfunction()

# memora_routes(<list of out files> OUT dir PREFIX api TABLE rpc_methods COUNT rpc_method_count ROOT dir FILES a.proto ...):
# the method table and the handler prototypes of the services in the files (tools/gen_routes); with OPENAPI name and
# MCP name also name.json of each.
function(memora_routes out_var)
  cmake_parse_arguments(ARG "" "OUT;PREFIX;TABLE;COUNT;ROOT;OPENAPI;MCP" "FILES" ${ARGN})
  file(MAKE_DIRECTORY ${ARG_OUT})
  set(outputs ${ARG_OUT}/${ARG_TABLE}.c ${ARG_OUT}/${ARG_PREFIX}_handlers.h)
  set(parameters prefix=${ARG_PREFIX},table=${ARG_TABLE},count=${ARG_COUNT})
  if(ARG_OPENAPI)
    list(APPEND outputs ${ARG_OUT}/${ARG_OPENAPI}.json)
    string(APPEND parameters ,openapi=${ARG_OPENAPI})
  endif()
  if(ARG_MCP)
    list(APPEND outputs ${ARG_OUT}/${ARG_MCP}.json)
    string(APPEND parameters ,mcp=${ARG_MCP})
  endif()
  list(TRANSFORM ARG_FILES PREPEND ${ARG_ROOT}/ OUTPUT_VARIABLE inputs)
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${PROTOC} -I${ARG_ROOT} -I${CMAKE_SOURCE_DIR}/proto -I${PROTOBUF_INCLUDE}
      --plugin=protoc-gen-routes=$<TARGET_FILE:gen_routes>
      --routes_out=${parameters}:${ARG_OUT} ${ARG_FILES}
    DEPENDS gen_routes ${inputs} VERBATIM)
  set(${out_var} ${outputs} PARENT_SCOPE)
endfunction()
