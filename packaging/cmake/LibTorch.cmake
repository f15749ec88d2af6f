# LibTorch out of the PyTorch wheel, as one imported target: mtlora_torch.
#
# find_package(Torch) is not used: with a CUDA wheel it asks for a CUDA toolkit. Only the wheel's include/ and lib/ are
# needed, and where the wheel brings CUDA libraries they are linked too, so that their kernels register at run time.
set(MTLORA_TORCH_DIR "" CACHE PATH "Folder of LibTorch (holds include/ and lib/); empty: the one in .venv")
set(torch_dir ${MTLORA_TORCH_DIR})
if(NOT torch_dir)
  file(GLOB torch_dir ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()
if(NOT EXISTS "${torch_dir}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch was not found in '${torch_dir}'. Run ./studio build, which installs it into .venv, "
                      "or set MTLORA_TORCH_DIR to the folder of an installed torch package.")
endif()
message(STATUS "LibTorch: ${torch_dir}")

add_library(mtlora_torch INTERFACE)
target_include_directories(mtlora_torch SYSTEM INTERFACE ${torch_dir}/include ${torch_dir}/include/torch/csrc/api/include)
target_compile_definitions(mtlora_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# The wheel's own libgomp: two OpenMP runtimes in one process would each start a pool of threads.
# clang would want a third one, so the fuzz targets that it builds have none.
target_compile_options(mtlora_torch INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fopenmp>)
target_link_directories(mtlora_torch INTERFACE ${torch_dir}/lib)
target_link_options(mtlora_torch INTERFACE "LINKER:-rpath,${torch_dir}/lib")
set(torch_libraries ${torch_dir}/lib/libtorch.so ${torch_dir}/lib/libtorch_cpu.so ${torch_dir}/lib/libc10.so)
foreach(name torch_cuda c10_cuda)
  if(EXISTS ${torch_dir}/lib/lib${name}.so)
    list(APPEND torch_libraries ${torch_dir}/lib/lib${name}.so)
  endif()
endforeach()
file(GLOB torch_gomp ${torch_dir}/lib/libgomp*.so*)
target_link_libraries(mtlora_torch INTERFACE "-Wl,--no-as-needed" ${torch_libraries} ${torch_gomp} "-Wl,--as-needed")
