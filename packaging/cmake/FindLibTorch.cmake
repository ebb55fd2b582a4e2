# LibTorch from the wheel that packaging/setup unpacked. Defines LibTorch::cpu (torch_cpu, c10) and, where the CUDA libraries of
# the wheel can be linked, LibTorch::cuda (+ torch_cuda, c10_cuda). The wheel's own config file demands a whole CUDA set-up.
find_path(LibTorch_ROOT_DIR NAMES include/ATen/ATen.h HINTS "${PHLOXINE_DEPS}/torch" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_ROOT_DIR
  REASON_FAILURE_MESSAGE "run packaging/setup first: it unpacks LibTorch into .deps/")
if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  # torch_cpu itself needs two CUDA libraries of the neighbouring wheels; it finds them through its own RPATH at run time.
  add_library(LibTorch::cpu INTERFACE IMPORTED)
  target_include_directories(LibTorch::cpu SYSTEM INTERFACE "${LibTorch_ROOT_DIR}/include" "${LibTorch_ROOT_DIR}/include/torch/csrc/api/include")
  target_compile_options(LibTorch::cpu INTERFACE -fopenmp)
  target_link_options(LibTorch::cpu INTERFACE "LINKER:-rpath,${LibTorch_ROOT_DIR}/lib" "LINKER:--allow-shlib-undefined")
  # The wheel carries its own libgomp: linking it by file keeps exactly one OpenMP runtime in the process.
  file(GLOB LibTorch_GOMP "${LibTorch_ROOT_DIR}/lib/libgomp*.so*")
  target_link_libraries(LibTorch::cpu INTERFACE "${LibTorch_ROOT_DIR}/lib/libtorch_cpu.so" "${LibTorch_ROOT_DIR}/lib/libc10.so" ${LibTorch_GOMP})
  if(EXISTS "${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so")
    add_library(LibTorch::cuda INTERFACE IMPORTED)
    target_link_libraries(LibTorch::cuda INTERFACE LibTorch::cpu "${LibTorch_ROOT_DIR}/lib/libtorch_cuda.so" "${LibTorch_ROOT_DIR}/lib/libc10_cuda.so")
  endif()
endif()
