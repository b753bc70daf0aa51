# Installs the libraries, their headers and a CMake package with one component a library.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)
set(leat_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)

# Each component has targets of its own in a file of its own, so that one is usable without what the others need.
set(leat_components "")
foreach(component IN ITEMS core postgres jobs documents leat)
  if(TARGET leat_${component})
    list(APPEND leat_components ${component})
    install(TARGETS leat_${component} EXPORT leat-${component}-targets
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
      FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT leat-${component}-targets NAMESPACE leat:: DESTINATION ${leat_package_dir})
  endif()
endforeach()
leat_install_header_only(${leat_package_dir})
list(APPEND leat_components header_only_core)
if(TARGET leat_header_only)
  list(APPEND leat_components header_only)
endif()
if(TARGET leat_cli)
  install(TARGETS leat_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
endif()

# What archives were built with is linked by whoever links them, as is what leat/src.hpp uses. Of a shared library only
# what stands in public headers is needed.
set(leat_private_core spdlog)
set(leat_private_postgres PostgreSQL nlohmann_json)
set(leat_find_cares "")
if(TARGET leat_postgres)
  get_target_property(leat_postgres_definitions leat_postgres COMPILE_DEFINITIONS)
  if("LEAT_HAS_CARES" IN_LIST leat_postgres_definitions)
    list(APPEND leat_private_postgres Cares)
    set(leat_find_cares ${CMAKE_CURRENT_LIST_DIR}/FindCares.cmake)
  endif()
endif()
set(leat_private_documents "")
set(leat_find_yaml "")
if(TARGET leat_documents)
  get_target_property(leat_documents_definitions leat_documents COMPILE_DEFINITIONS)
  if("LEAT_HAS_YAML" IN_LIST leat_documents_definitions)
    list(APPEND leat_private_documents YamlCpp)
    set(leat_find_yaml ${CMAKE_CURRENT_LIST_DIR}/FindYamlCpp.cmake)
  endif()
endif()
set(leat_linked_core ${leat_private_core})
set(leat_linked_postgres ${leat_private_postgres})
set(leat_linked_documents ${leat_private_documents})
get_target_property(leat_core_type leat_core TYPE)
if(leat_core_type STREQUAL "SHARED_LIBRARY")
  set(leat_linked_core "")
  set(leat_linked_postgres "")
  set(leat_linked_documents "")
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/leatConfig.cmake.in ${PROJECT_BINARY_DIR}/leatConfig.cmake
  INSTALL_DESTINATION ${leat_package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/leatConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/leatConfig.cmake ${PROJECT_BINARY_DIR}/leatConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindConcurrentQueue.cmake ${CMAKE_CURRENT_LIST_DIR}/FindPqxx.cmake ${leat_find_cares} ${leat_find_yaml}
  DESTINATION ${leat_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT license)
