# One set of warnings for all our own C code; generated code links without it.
add_library(memora_warnings INTERFACE)
target_compile_options(memora_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
  -fno-common $<$<BOOL:${MEMORA_WERROR}>:-Werror>)
target_compile_definitions(memora_warnings INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
if(NOT MEMORA_SANITIZE)
  target_compile_definitions(memora_warnings INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()

# Sections of their own let the linker leave out of each program what it does not call.
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections)

# What is installed does not tell where it was built.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
endif()
