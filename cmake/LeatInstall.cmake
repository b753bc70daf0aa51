# Installs the libraries, their headers, the command, and a CMake package with one component a library.
include(CMakePackageConfigHelpers)
set(leat_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/leat)

# Each component has an export of its own, so that core can be found where no database library is installed.
function(leat_install_component component)
  install(TARGETS ${ARGN} EXPORT leat_${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT leat_${component} NAMESPACE leat:: FILE leat-${component}-targets.cmake DESTINATION ${leat_package_dir})
endfunction()

leat_install_component(core leat_core)
set(leat_components core)
if(LEAT_BUILD_POSTGRES)
  leat_install_component(postgres leat_postgres)
  leat_install_component(jobs leat_jobs)
  leat_install_component(leat leat_leat)
  list(APPEND leat_components postgres jobs leat)
endif()
if(LEAT_BUILD_CLI)
  install(TARGETS leat_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/leatConfig.cmake.in ${PROJECT_BINARY_DIR}/leatConfig.cmake
  INSTALL_DESTINATION ${leat_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/leatConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/leatConfig.cmake ${PROJECT_BINARY_DIR}/leatConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindConcurrentQueue.cmake ${PROJECT_SOURCE_DIR}/cmake/FindPqxx.cmake
  DESTINATION ${leat_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
