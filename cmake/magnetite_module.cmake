# One folder of src/ = one library magnetite::<name>, with its unit tests in one binary <name>_test.
#   magnetite_module(chunk
#     SRCS          image.cc
#     USES          magnetite::model       # appears in our headers
#     PRIVATE_USES  Parquet::parquet_shared  # seen only by .cc files
#     TESTS         image_test.cc
#     TEST_USES     magnetite::base_testing)
function(magnetite_module name)
  cmake_parse_arguments(arg "TEST_ONLY" "" "SRCS;USES;PRIVATE_USES;TESTS;TEST_USES" ${ARGN})
  set(target magnetite_${name})
  if(arg_SRCS)
    add_library(${target} STATIC ${arg_SRCS})
    target_link_libraries(${target} PUBLIC magnetite::options ${arg_USES} PRIVATE ${arg_PRIVATE_USES})
    magnetite_source_target(${target})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE magnetite::options ${arg_USES} ${arg_PRIVATE_USES})
  endif()
  add_library(magnetite::${name} ALIAS ${target})
  if(MAGNETITE_TESTS AND arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE ${target} ${arg_PRIVATE_USES} ${arg_TEST_USES} GTest::gmock GTest::gtest_main)
    magnetite_test_target(${name}_test)
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 600 LABELS unit
      ENVIRONMENT "ARROW_DEFAULT_MEMORY_POOL=system")
  endif()
endfunction()
