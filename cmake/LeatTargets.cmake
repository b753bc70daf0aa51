# Flags and helpers that every target of the tree shares.
include_guard(GLOBAL)

add_library(leat_flags INTERFACE)
target_compile_options(leat_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# GCC 12 takes std::string's operator+ for an overlapping copy (its bug 105651).
target_compile_options(leat_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# And the members of a temporary aggregate, on the way out of an exception, for uninitialised.
target_compile_options(leat_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(LEAT_WERROR)
  target_compile_options(leat_flags INTERFACE -Werror)
endif()
if(LEAT_SANITIZE)
  # Tests and examples of the whole tree run under the sanitizer, so it is set for all of them.
  add_compile_options(-fsanitize=${LEAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEAT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND LEAT_SANITIZE MATCHES "undefined")
    # Clang 14 cannot lay out coroutines with the check of calls through pointers.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

# leat_grouped(<target>): compiles its sources several at a time. What a group includes is parsed once, which is most of
# the work; a group of eight still compiles in seconds when one of its files has changed.
function(leat_grouped target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${LEAT_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()

# leat_library(<room> DEPENDS <rooms...>): the static library leat_<room>, exported as leat::<room>.
# Headers are globbed from include/leat/<folder> and sources from src/<folder> for each of FOLDERS.
function(leat_library room)
  cmake_parse_arguments(ARG "" "" "FOLDERS;DEPENDS;PRIVATE" ${ARGN})
  set(target leat_${room})
  set(headers "")
  set(sources "")
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB_RECURSE folder_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/leat/${folder}/*.hpp)
    file(GLOB_RECURSE folder_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
    list(APPEND headers ${folder_headers})
    list(APPEND sources ${folder_sources})
  endforeach()
  add_library(${target} STATIC ${sources})
  add_library(leat::${room} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${room} POSITION_INDEPENDENT_CODE ON)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:leat_flags>)
  leat_grouped(${target})
endfunction()
