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
