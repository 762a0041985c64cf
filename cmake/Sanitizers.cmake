# MEMORA_SANITIZE applies to everything: core, plugins and tests must agree, since they load each other.
if(MEMORA_SANITIZE)
  add_compile_options(-fsanitize=${MEMORA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MEMORA_SANITIZE})
endif()
if(MEMORA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
