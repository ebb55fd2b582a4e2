# Compile options that every target of the project shares, as the INTERFACE target `project_options`.
add_library(project_options INTERFACE)
option(PHLOXINE_WERROR "Treat warnings as errors" OFF)
set(PHLOXINE_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
target_compile_options(project_options INTERFACE -Wall -Wextra -Wno-unused-parameter $<$<BOOL:${PHLOXINE_WERROR}>:-Werror>)
target_include_directories(project_options INTERFACE "${CMAKE_SOURCE_DIR}")

if(PHLOXINE_SANITIZE)
  add_compile_options(-fsanitize=${PHLOXINE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PHLOXINE_SANITIZE})
endif()

# ccache and mold make a rebuild quick; both are optional.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
find_program(MOLD mold)
if(MOLD AND NOT PHLOXINE_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
