# cmake -DROOT=<tree> -P exports.cmake: fails when a public header declares what is compiled, without LEAT_EXPORT. Shared
# libraries hide that, and whoever calls it does not link. Read is code as clang-format lays it out.
cmake_minimum_required(VERSION 3.25)

set(missing "")
set(count 0)
file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/include/leat/*.hpp)
foreach(header IN LISTS headers)
  file(READ ${ROOT}/${header} text)
  # Lists of CMake end at semicolons, and not within brackets.
  string(REGEX REPLACE "//[^\n]*|\\[\\[[^]]*\\]\\] *| = {}" "" text "\n${text}")
  string(REPLACE ";" "@" text "${text}")
  string(REGEX REPLACE "[][]" "|" text "${text}")
  # What is compiled by its user needs no mark: templates, and what is inline.
  string(REGEX REPLACE "\n *template <[^\n]+>( *\n *requires[^\n]*)?\n[^{}@]*[{}@]" "\n" text "${text}")
  string(REGEX REPLACE "\n((using|inline|constexpr|enum|extern) |static_assert)[^{}@]*[{}@]" "\n" text "${text}")

  # Functions: from the first column to a semicolon, with a parenthesis and no body.
  string(REGEX MATCHALL "\n[A-Za-z_][^\n{}@]*\\([^{}@]*@" functions "${text}")
  foreach(function IN LISTS functions)
    math(EXPR count "${count} + 1")
    if(NOT function MATCHES "LEAT_EXPORT")
      string(STRIP "${function}" function)
      string(APPEND missing "  ${header}: ${function}\n")
    endif()
  endforeach()

  # Classes: a member that ends so has no body.
  while(text MATCHES "\n((template <>\n)?(class|struct) [^@{}]*){")
    set(head "${CMAKE_MATCH_1}")
    string(FIND "${text}" "\n${head}{" begin)
    string(SUBSTRING "${text}" ${begin} -1 text)
    string(FIND "${text}" "\n}@" end)
    string(SUBSTRING "${text}" 0 ${end} body)
    string(SUBSTRING "${text}" ${end} -1 text)
    string(REGEX MATCHALL "\n  [A-Za-z_~][^@{}]*\\)( const)?( noexcept)?( override)?( final)?@" members "${body}")
    list(FILTER members EXCLUDE REGEX "^\n  (friend|using|static_assert)[ (]|^[^(]* = ")
    math(EXPR count "${count} + 1")
    if(members AND NOT head MATCHES "LEAT_EXPORT")
      string(APPEND missing "  ${header}: ${head}\n")
    endif()
  endwhile()
endforeach()

if(missing)
  string(REPLACE "@" ";" missing "${missing}")
  message(FATAL_ERROR "these are compiled, and not marked by LEAT_EXPORT:\n${missing}")
elseif(count EQUAL 0)
  message(FATAL_ERROR "no function and no class was found under ${ROOT}")
endif()
message(STATUS "exports: ${count} functions and classes, all marked that must be")
