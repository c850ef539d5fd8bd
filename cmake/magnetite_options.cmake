# Properties shared by all our targets, on one interface target: no global flags.
add_library(magnetite_options INTERFACE)
add_library(magnetite::options ALIAS magnetite_options)

target_include_directories(magnetite_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(magnetite_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
                                                   -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(magnetite_options INTERFACE -Wthread-safety)
endif()
if(MAGNETITE_SANITIZE)
  target_compile_options(magnetite_options INTERFACE -fsanitize=${MAGNETITE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(magnetite_options INTERFACE -fsanitize=${MAGNETITE_SANITIZE})
endif()
if(MAGNETITE_CRASH_POINTS)
  target_compile_definitions(magnetite_options INTERFACE MAGNETITE_CRASH_POINTS=1)
endif()
