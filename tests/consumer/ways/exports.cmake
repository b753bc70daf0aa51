# cmake -DNM=<nm> -DKIND=<library | plugin> -P exports.cmake -- <shared object>: fails if it exports what it should not.
# A library of leat exports names of leat, and what compilers make for its classes. A plugin exports nothing of leat;
# only names of std have leat's types in them, since GCC does not hide all of those.
cmake_minimum_required(VERSION 3.25)
math(EXPR last "${CMAKE_ARGC} - 1")
set(file ${CMAKE_ARGV${last}})
execute_process(COMMAND ${NM} --dynamic --defined-only --format=posix ${file} OUTPUT_VARIABLE names
  COMMAND_ERROR_IS_FATAL ANY)
# Mangled: members of the namespace, their statics, and for a class its tables, type information, thunks and guards.
set(of_leat "_Z(T[VIST]|GV|T[hv][0-9n_]*)?Z?N[rVKRO]*4leat[^\n]*\n")
string(REGEX MATCHALL "(^|\n)${of_leat}" exported "\n${names}")
if(KIND STREQUAL "plugin")
  set(wrong "${exported}")
else()
  string(REGEX REPLACE "${of_leat}" "" wrong "${names}")
  if(exported STREQUAL "")
    message(FATAL_ERROR "${file} exports nothing of leat")
  endif()
endif()
if(NOT wrong STREQUAL "")
  message(FATAL_ERROR "${file} exports\n${wrong}")
endif()
