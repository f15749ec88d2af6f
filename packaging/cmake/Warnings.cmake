# The warnings that all of our own code compiles without, as errors.
add_library(mtlora_warnings INTERFACE)
target_compile_options(mtlora_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
