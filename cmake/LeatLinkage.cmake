# How leat is linked: its libraries are archives, or shared libraries with BUILD_SHARED_LIBS.
include_guard(GLOBAL)

# leat_linkage(<target>): hides what is not marked by LEAT_EXPORT. Of an archive nothing is marked, so that a plugin
# which links it exports nothing of leat; a shared library exports what its users call, and finds those beside it.
function(leat_linkage target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "SHARED_LIBRARY")
    return()
  endif()
  target_compile_definitions(${target} PRIVATE LEAT_SHARED)
  # Before 1.0 a minor version may change interfaces.
  set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH "\$ORIGIN")
  # Headers of other projects mark their own as visible, whatever the compiler is told.
  set(script ${PROJECT_SOURCE_DIR}/cmake/leat.map)
  target_link_options(${target} PRIVATE LINKER:--version-script=${script})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  if(NOT LEAT_SANITIZE)  # whose functions the program brings
    target_link_options(${target} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()

# leat_find_beside(<program>): installed, it finds leat's shared libraries where they are installed with it.
function(leat_find_beside program)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_BINDIR} OUTPUT_VARIABLE libraries)
  if(BUILD_SHARED_LIBS)
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "\$ORIGIN/${libraries}")
  endif()
endfunction()
