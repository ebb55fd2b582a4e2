# OpenSlide 4.0 from the wheel openslide-bin (one self-contained library); the header comes from Debian's libopenslide-dev (3.4.1),
# and core/slide declares the calls that 4.0 added.
find_path(OpenSlide_INCLUDE_DIR NAMES openslide.h PATH_SUFFIXES openslide)
file(GLOB OpenSlide_CANDIDATES "${PHLOXINE_DEPS}/openslide_bin/libopenslide.so*")
list(POP_FRONT OpenSlide_CANDIDATES OpenSlide_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenSlide REQUIRED_VARS OpenSlide_LIBRARY OpenSlide_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run packaging/setup first: it unpacks OpenSlide into .deps/")
if(OpenSlide_FOUND AND NOT TARGET OpenSlide::openslide)
  get_filename_component(OpenSlide_DIRECTORY "${OpenSlide_LIBRARY}" DIRECTORY)
  add_library(OpenSlide::openslide INTERFACE IMPORTED)
  target_include_directories(OpenSlide::openslide SYSTEM INTERFACE "${OpenSlide_INCLUDE_DIR}")
  target_link_libraries(OpenSlide::openslide INTERFACE "${OpenSlide_LIBRARY}")
  target_link_options(OpenSlide::openslide INTERFACE "LINKER:-rpath,${OpenSlide_DIRECTORY}")
endif()
