# cmake -DBUILD=<build tree> -DPREFIX=<folder> -DCONFIG=<configuration> -P install.cmake: installs into an empty folder.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} --config ${CONFIG}
  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
