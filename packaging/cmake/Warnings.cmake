# The warnings that all of our own code compiles without, as errors (clang, which only builds the fuzz targets, has
# warnings of its own).
add_library(mtlora_warnings INTERFACE)
target_compile_options(mtlora_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                 $<$<CXX_COMPILER_ID:GNU>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12 in std::string's operator+ (GCC bugs 105329 and 105651).
  target_compile_options(mtlora_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
