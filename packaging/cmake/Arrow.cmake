# Parquet files are read through the Arrow C++ library inside the pyarrow wheel, where it is there. Gives mtlora_arrow,
# an imported target, or leaves it out.
#
# The libraries are linked by their full names (libarrow.so.2600), as the wheel has no plain ones.
option(MTLORA_PARQUET "Read Parquet files, where pyarrow is found" ON)
set(MTLORA_PYARROW_DIR "" CACHE PATH "Folder of pyarrow (holds include/ and libarrow.so.*); empty: the one in .venv")
set(arrow_dir ${MTLORA_PYARROW_DIR})
if(NOT arrow_dir)
  file(GLOB arrow_dir CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/pyarrow)
endif()
file(GLOB arrow_libraries CONFIGURE_DEPENDS ${arrow_dir}/libarrow.so.* ${arrow_dir}/libparquet.so.*)
list(LENGTH arrow_libraries arrow_count)
if(NOT MTLORA_PARQUET)
  message(STATUS "Parquet: left out (MTLORA_PARQUET is OFF)")
elseif(arrow_count EQUAL 2 AND EXISTS "${arrow_dir}/include/parquet/arrow/reader.h")
  message(STATUS "Parquet: ${arrow_dir}")
  add_library(mtlora_arrow INTERFACE)
  target_link_libraries(mtlora_arrow INTERFACE ${arrow_libraries})
  target_link_options(mtlora_arrow INTERFACE "LINKER:-rpath,${arrow_dir}")
elseif(MTLORA_PYARROW_DIR)
  message(FATAL_ERROR "MTLORA_PYARROW_DIR is '${MTLORA_PYARROW_DIR}', which has no libarrow.so.*, libparquet.so.* and "
                      "include/parquet. It is the folder of an installed pyarrow package.")
else()
  message(STATUS "Parquet: left out, because pyarrow is not in .venv. To read Parquet files, install it there "
                 "(.venv/bin/pip install pyarrow) or set MTLORA_PYARROW_DIR to its folder, and configure again.")
endif()
