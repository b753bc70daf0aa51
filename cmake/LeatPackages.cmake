# cpack makes two packages for Debian: libleat-dev (headers, archives, what CMake and pkg-config need, examples) and leat (the
# command, its manual pages and documents). What only Debian wants of them is added by packaging/debian/finish.cmake.
include_guard(GLOBAL)
get_target_property(leat_library_type leat_core TYPE)
find_program(LEAT_DPKG_DEB dpkg-deb)
mark_as_advanced(LEAT_DPKG_DEB)
if(NOT LEAT_DPKG_DEB OR NOT TARGET leat_cli OR NOT leat_library_type STREQUAL "STATIC_LIBRARY")
  return()
endif()
set(LEAT_PACKAGE_CONTACT "The leat developers <maintainers@users.noreply.b-seed-73e9d204.example>" CACHE STRING
  "Who answers for the packages that cpack makes: a name and an address")

# leat_debian_needs(<package> <result>): a package that has to be of the same release as here, since what is compiled into
# archives and what their user compiles come together: "libx-dev (>= 1.2), libx-dev (<< 1.3)".
function(leat_debian_needs package result)
  execute_process(COMMAND dpkg-query -W -f=\${Version} ${package} OUTPUT_VARIABLE version RESULT_VARIABLE failed ERROR_QUIET)
  set(${result} ${package} PARENT_SCOPE)
  if(failed EQUAL 0 AND version MATCHES "^([0-9]+:)?([0-9]+)\\.([0-9]+)")
    math(EXPR next "${CMAKE_MATCH_3} + 1")
    set(from ${CMAKE_MATCH_1}${CMAKE_MATCH_2}.${CMAKE_MATCH_3})
    set(${result} "${package} (>= ${from}), ${package} (<< ${CMAKE_MATCH_1}${CMAKE_MATCH_2}.${next})" PARENT_SCOPE)
  endif()
endfunction()
set(leat_debian_dev libboost${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR}-dev libconcurrentqueue-dev libpq-dev nlohmann-json3-dev)
foreach(package IN ITEMS libfmt-dev libpqxx-dev libspdlog-dev)
  leat_debian_needs(${package} needed)
  list(APPEND leat_debian_dev "${needed}")
endforeach()
get_target_property(leat_debian_definitions leat_postgres COMPILE_DEFINITIONS)
if("LEAT_HAS_CARES" IN_LIST leat_debian_definitions)
  list(APPEND leat_debian_dev libc-ares-dev)
endif()
get_target_property(leat_debian_definitions leat_documents COMPILE_DEFINITIONS)
if("LEAT_HAS_YAML" IN_LIST leat_debian_definitions)
  leat_debian_needs(libyaml-cpp-dev needed)
  list(APPEND leat_debian_dev "${needed}")
endif()
list(SORT leat_debian_dev)
list(JOIN leat_debian_dev ", " leat_debian_dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME leat)
set(CPACK_PACKAGE_VENDOR "leat")
set(CPACK_PACKAGE_CONTACT ${LEAT_PACKAGE_CONTACT})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES TRUE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL command dev)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/finish.cmake)
set(CPACK_LEAT_SOURCE_DIR ${PROJECT_SOURCE_DIR})

set(CPACK_DEB_COMPONENT_INSTALL TRUE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE leat)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME leat)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION database)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS TRUE)
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS postgresql-client)
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "moves rows between PostgreSQL databases
The command leat copies tables, sets of tables, the rows of queries and whole
databases from one PostgreSQL server to another, in one transaction or slice by
slice with a ledger, and compares both sides.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libleat-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${leat_debian_dev}")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS leat)
set(CPACK_COMPONENT_DEV_DESCRIPTION "ETL library for PostgreSQL (development files)
leat moves rows between PostgreSQL databases from C++20: by jobs that copy
tables, or by pipelines of bounded stages with hooks of one's own. This package
has headers, static libraries, examples, and files for CMake and pkg-config.")
include(CPack)
