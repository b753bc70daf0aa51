# The manual pages of the command, and what has a shell complete its words, made by the command itself as it is built.
include_guard(GLOBAL)
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  message(STATUS "leat is built for another machine: no manual pages are made, and no completion for bash")
  return()
endif()
add_custom_command(TARGET leat_cli POST_BUILD VERBATIM
  COMMAND ${CMAKE_COMMAND} "-DLEAT=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:leat_cli>" -DPAGES=${PROJECT_BINARY_DIR}/pages
    -P ${CMAKE_CURRENT_LIST_DIR}/make_pages.cmake)
