# UNTRIED: no vcpkg was at hand when this port was written. It builds leat from the tree that it is in, as an overlay:
#   vcpkg install leat --overlay-ports=packaging/vcpkg/ports
# libpqxx of vcpkg is 7, which leat takes; leat itself is tried with what Debian 12 and 13 have.
vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
set(SOURCE_PATH ${CMAKE_CURRENT_LIST_DIR}/../../../..)

vcpkg_check_features(OUT_FEATURE_OPTIONS features
  FEATURES
    postgres LEAT_BUILD_POSTGRES
    tools LEAT_BUILD_CLI
)
set(cares OFF)
if("cares" IN_LIST FEATURES)
  set(cares ON)
endif()
set(documents OFF)
if("documents" IN_LIST FEATURES)
  set(documents ON)
endif()
vcpkg_cmake_configure(
  SOURCE_PATH ${SOURCE_PATH}
  OPTIONS ${features} -DLEAT_CARES=${cares} -DLEAT_DOCUMENTS=${documents} -DLEAT_BUILD_TESTS=OFF -DLEAT_BUILD_EXAMPLES=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/leat)
vcpkg_fixup_pkgconfig()
if("tools" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES leat AUTO_CLEAN)
endif()
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/debug/include ${CURRENT_PACKAGES_DIR}/debug/share)
file(INSTALL ${CMAKE_CURRENT_LIST_DIR}/usage DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
vcpkg_install_copyright(FILE_LIST ${SOURCE_PATH}/LICENSE)
