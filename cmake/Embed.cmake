# Puts files into the program. Used in two ways:
#
#   memora_embed(<out source> ARRAY schema_files COUNT schema_file_count HEADER schema/schema.h TYPE "struct schema_file"
#     ROOT <dir> FILES <relative paths>)
#
# makes the rule for a C file that defines the array of { path, text, length }, and the rule runs this file as a script.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  set(entries "")
  set(bodies "")
  set(number 0)
  string(REPLACE "," ";" FILES "${FILES}")
  list(SORT FILES)
  foreach(path ${FILES})
    file(READ "${ROOT}/${path}" hex HEX)
    string(LENGTH "${hex}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND bodies "static const unsigned char file_${number}[] = {${bytes}0x00};\n")
    string(APPEND entries "    {\"${path}\", (const char *)file_${number}, ${length}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE "${OUT}" "#include \"${HEADER}\"\n\n${bodies}\nconst ${TYPE} ${ARRAY}[] = {\n${entries}};\n"
    "const size_t ${COUNT} = sizeof ${ARRAY} / sizeof ${ARRAY}[0];\n")
  return()
endif()

set(MEMORA_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(memora_embed out)
  cmake_parse_arguments(ARG "" "ARRAY;COUNT;HEADER;TYPE;ROOT" "FILES" ${ARGN})
  list(TRANSFORM ARG_FILES PREPEND ${ARG_ROOT}/ OUTPUT_VARIABLE depends)
  string(REPLACE ";" "," files "${ARG_FILES}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DARRAY=${ARG_ARRAY} -DCOUNT=${ARG_COUNT} -DHEADER=${ARG_HEADER}
      -DTYPE=${ARG_TYPE} -DROOT=${ARG_ROOT} -DFILES=${files} -P ${MEMORA_EMBED_SCRIPT}
    DEPENDS ${depends} ${MEMORA_EMBED_SCRIPT} VERBATIM)
endfunction()
