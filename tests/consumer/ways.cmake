# Each way of linking leat, by this tree's compiler and one that did not compile it: the projects of ways/. They compile
# what takes long, all of leat twice more, so nothing is optimised, each shared library and the command are compiled as one
# group, which takes a third of the time, and a compiler cache is told to know it in any folder.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(ways_clang ${CMAKE_CXX_COMPILER})
  find_program(LEAT_OTHER_COMPILER g++)
  set(ways_gcc ${LEAT_OTHER_COMPILER})
else()
  set(ways_gcc ${CMAKE_CXX_COMPILER})
  find_program(LEAT_OTHER_COMPILER NAMES clang++-14 clang++)
  set(ways_clang ${LEAT_OTHER_COMPILER})
endif()
set(ways_options --build-generator ${CMAKE_GENERATOR} --build-makeprogram ${CMAKE_MAKE_PROGRAM} --build-options
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
  -DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH} -DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS})

# ways_entry(<name> <fixtures...>): what all entries have.
function(ways_entry name)
  set_tests_properties(package_${name} PROPERTIES LABELS package TIMEOUT 900 PROCESSORS 2 FIXTURES_REQUIRED "${ARGN}"
    ENVIRONMENT "CCACHE_DEPEND=1;CCACHE_NOHASHDIR=1;CCACHE_BASEDIR=${leat_SOURCE_DIR}")
endfunction()

set(shared_prefix ${CMAKE_CURRENT_BINARY_DIR}/prefix_shared)
add_test(NAME package_shared_install COMMAND ${CMAKE_CTEST_COMMAND}
  --build-and-test ${leat_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/shared --build-target install ${ways_options}
  -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_INSTALL_PREFIX=${shared_prefix} -DBUILD_SHARED_LIBS=ON
  -DLEAT_BUILD_POSTGRES=${LEAT_BUILD_POSTGRES} -DLEAT_BUILD_CLI=${LEAT_BUILD_CLI} -DLEAT_CARES=${LEAT_CARES} -DLEAT_DOCUMENTS=${LEAT_DOCUMENTS}
  -DLEAT_BUILD_TESTS=OFF -DLEAT_BUILD_EXAMPLES=OFF -DLEAT_UNITY_FILES=1000)
ways_entry(shared_install "")
set_tests_properties(package_shared_install PROPERTIES FIXTURES_SETUP leat_shared)
if(LEAT_BUILD_CLI)
  add_test(NAME package_shared_command COMMAND ${shared_prefix}/${CMAKE_INSTALL_BINDIR}/leat --version)
  ways_entry(shared_command leat_shared)
endif()

foreach(compiler IN ITEMS gcc clang)
  if(NOT ways_${compiler})
    continue()
  endif()
  foreach(way IN ITEMS archives shared header_only)
    set(installed leat_installed)
    set(root ${prefix})
    if(way STREQUAL "shared")
      set(installed leat_shared)
      set(root ${shared_prefix})
    endif()
    set(name ${way}_${compiler})
    add_test(NAME package_${name} COMMAND ${CMAKE_CTEST_COMMAND}
      --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/ways ${CMAKE_CURRENT_BINARY_DIR}/${name} ${ways_options}
      -DCMAKE_CXX_COMPILER=${ways_${compiler}} -Dleat_ROOT=${root} -DWAY=${way}
      -DLEAT_VERSION=${leat_VERSION_MAJOR}.${leat_VERSION_MINOR}
      --test-command ${CMAKE_CTEST_COMMAND} --output-on-failure)
    ways_entry(${name} ${installed})
  endforeach()
endforeach()
