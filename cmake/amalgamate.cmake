# cmake -DROOT=<tree> -DINTO=<folder> -P amalgamate.cmake: writes all compiled code of leat into two headers,
# <folder>/leat/src_core.hpp (core, data and pipeline) and <folder>/leat/src.hpp (that, and all other rooms). Private
# headers stand in them once, before the first source that includes them; what is included by <...>, and leat's public
# headers, stay includes.
cmake_minimum_required(VERSION 3.25)

# append(<path below src>): the text of a file, and before it that of the private headers that it includes.
function(append path)
  get_property(done GLOBAL PROPERTY leat_appended)
  if(path IN_LIST done)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY leat_appended ${path})
  file(STRINGS ${ROOT}/src/${path} includes REGEX "^#include \"")
  file(READ ${ROOT}/src/${path} text)
  string(REPLACE "#pragma once\n" "" text "${text}")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include \"|\"$" "" header "${include}")
    if(NOT header MATCHES "^leat/")
      string(REPLACE "${include}\n" "" text "${text}")
      append(${header})
    endif()
  endforeach()
  string(STRIP "${text}" text)
  file(APPEND ${target} "\n// src/${path}\n\n${text}\n")
endfunction()

# write(<header> <first lines> <rooms...>)
function(write header opening)
  set(target ${INTO}/leat/${header})
  file(WRITE ${target} "#pragma once\n\n${opening}\n")
  foreach(room IN LISTS ARGN)
    file(GLOB_RECURSE sources RELATIVE ${ROOT}/src ${ROOT}/src/${room}/*.cpp)
    foreach(source IN LISTS sources)
      append(${source})
    endforeach()
  endforeach()
endfunction()

set(how "// Made of leat's sources. To be included in one file of a program, which has nothing else in it and is linked
// with what the code below uses; then no library of leat is linked.")
write(src_core.hpp "${how} This is leat::core: core, data, pipeline and transform." core data pipeline transform)
write(src.hpp "${how} This is all of leat.\n\n#include \"leat/src_core.hpp\"" postgres ledger work jobs documents registry runs)
