# cmake -DPKG_CONFIG=<program> -DFILES=<folder of .pc files> -DWORK=<folder> -DPROGRAMS=<component=source;…>
#   -DCOMPILERS=<…> -P pkg_config.cmake: compiles, links and runs each program with each compiler, as one does who has no
# CMake: by what pkg-config says and nothing else.
cmake_minimum_required(VERSION 3.25)
set(ENV{PKG_CONFIG_PATH} ${FILES})
file(MAKE_DIRECTORY ${WORK})
foreach(program IN LISTS PROGRAMS)
  string(REGEX MATCH "^(.*)=(.*)$" matched ${program})
  set(component ${CMAKE_MATCH_1})
  set(source ${CMAKE_MATCH_2})
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${component}
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  foreach(compiler IN LISTS COMPILERS)
    list(JOIN flags " " shown)
    message(STATUS "${compiler} -std=c++20 -Wall -Werror ${source} ${shown}")
    execute_process(COMMAND ${compiler} -std=c++20 -Wall -Werror ${source} -o ${WORK}/program ${flags} COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${WORK}/program COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  endforeach()
endforeach()
