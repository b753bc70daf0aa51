# leat without a library of ours: all compiled code in leat/src.hpp, which one file of a program includes.
# leat::header_only_core is that of leat::core, leat/src_core.hpp; leat::header_only is all of leat.
include_guard(GLOBAL)

set(leat_src_root ${PROJECT_BINARY_DIR}/include)
set(leat_src_headers ${leat_src_root}/leat/src_core.hpp ${leat_src_root}/leat/src.hpp)
set(leat_amalgamate ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DINTO=${leat_src_root}
  -P ${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake)
file(GLOB_RECURSE leat_src_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.hpp ${PROJECT_SOURCE_DIR}/src/*.cpp)
list(FILTER leat_src_files EXCLUDE REGEX "/src/cli/")
add_custom_command(OUTPUT ${leat_src_headers} COMMAND ${leat_amalgamate}
  DEPENDS ${leat_src_files} ${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake COMMENT "Making leat/src.hpp" VERBATIM)
add_custom_target(leat_src DEPENDS ${leat_src_headers})

# leat_header_only(<name> <dependencies...>)
function(leat_header_only name)
  set(target leat_${name})
  add_library(${target} INTERFACE)
  add_library(leat::${name} ALIAS ${target})
  add_dependencies(${target} leat_src)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_include_directories(${target} INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include;${leat_src_root}>" $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} INTERFACE ${ARGN})
endfunction()

leat_header_only(header_only_core Threads::Threads ConcurrentQueue::ConcurrentQueue Boost::headers spdlog::spdlog)
if(LEAT_BUILD_POSTGRES)
  leat_header_only(header_only leat::header_only_core Pqxx::Pqxx PostgreSQL::PostgreSQL nlohmann_json::nlohmann_json)
  get_target_property(leat_definitions leat_postgres COMPILE_DEFINITIONS)
  if("LEAT_HAS_CARES" IN_LIST leat_definitions)
    target_link_libraries(leat_header_only INTERFACE Cares::Cares)
    target_compile_definitions(leat_header_only INTERFACE LEAT_HAS_CARES)
  endif()
  get_target_property(leat_definitions leat_documents COMPILE_DEFINITIONS)
  if("LEAT_HAS_YAML" IN_LIST leat_definitions)
    target_link_libraries(leat_header_only INTERFACE YamlCpp::YamlCpp)
    target_compile_definitions(leat_header_only INTERFACE LEAT_HAS_YAML)
  endif()
endif()

# Called where the other components are installed.
function(leat_install_header_only package_dir)
  # Whoever has built less than everything may install, too.
  install(CODE "execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DINTO=${PROJECT_BINARY_DIR}/include
    -P ${PROJECT_SOURCE_DIR}/cmake/amalgamate.cmake COMMAND_ERROR_IS_FATAL ANY)")
  foreach(component IN ITEMS header_only_core header_only)
    if(TARGET leat_${component})
      install(TARGETS leat_${component} EXPORT leat-${component}-targets)
      install(EXPORT leat-${component}-targets NAMESPACE leat:: DESTINATION ${package_dir})
    endif()
  endforeach()
  install(FILES ${PROJECT_BINARY_DIR}/include/leat/src_core.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat)
  if(TARGET leat_header_only)
    install(FILES ${PROJECT_BINARY_DIR}/include/leat/src.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat)
  endif()
endfunction()
