# What makes a cold build shorter: headers that nearly every file includes are parsed once per build, and tests are not
# optimised. A file includes what it uses all the same: the `clang` preset builds without precompiled headers.
option(MAGNETITE_PRECOMPILE "Parse common headers once per build" ON)

set(magnetite_common_headers <algorithm> <atomic> <chrono> <expected> <filesystem> <format> <functional> <map> <memory>
    <optional> <span> <string> <thread> <unordered_map> <variant> <vector> <fmt/format.h>)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # ccache compares contents: a time in the file would make each build's another.
  set(magnetite_precompile_options "SHELL:-Xclang -fno-pch-timestamp")
else()
  set(magnetite_precompile_options -fpch-preprocess)  # ccache needs it
endif()

# magnetite_precompiled(NAME HEADERS header... [OPTIONS option...] [USES target...]): headers for other targets to use.
function(magnetite_precompiled name)
  cmake_parse_arguments(arg "" "" "OPTIONS;HEADERS;USES" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled/${name}.cc "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled/${name}.cc)
  target_link_libraries(${name} PRIVATE magnetite::options fmt::fmt ${arg_USES})
  target_compile_options(${name} PRIVATE ${magnetite_precompile_options} ${arg_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

set(magnetite_test_options -O0)
if(MAGNETITE_PRECOMPILE)
  magnetite_precompiled(magnetite_precompiled_sources HEADERS ${magnetite_common_headers})
  if(MAGNETITE_TESTS)
    magnetite_precompiled(magnetite_precompiled_tests HEADERS ${magnetite_common_headers} <gmock/gmock.h> <gtest/gtest.h>
                          OPTIONS ${magnetite_test_options} USES GTest::gmock)
  endif()
endif()

function(magnetite_use_precompiled target from)
  if(MAGNETITE_PRECOMPILE)
    target_link_libraries(${target} PRIVATE fmt::fmt)  # whose definitions must be the same everywhere
    target_compile_options(${target} PRIVATE ${magnetite_precompile_options})
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

# For libraries.
function(magnetite_source_target target)
  magnetite_use_precompiled(${target} magnetite_precompiled_sources)
endfunction()

# For programs made of tests.
function(magnetite_test_target target)
  target_compile_options(${target} PRIVATE ${magnetite_test_options})
  magnetite_use_precompiled(${target} magnetite_precompiled_tests)
endfunction()
