# Run by cpack before it packs: the copyright and changelog of each package, and what Debian wants compressed.
find_program(GZIP gzip REQUIRED)
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, if that is set
set(changelog "leat (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * What is new stands in changelog.gz of the package leat.

 -- ${CPACK_PACKAGE_CONTACT}  ${today}
")
set(readable OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
set(searchable ${readable} OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)

# cpack calls this once for all packages, each of which has a folder named after its component.
foreach(component IN ITEMS command dev)
  string(TOUPPER ${component} upper)
  set(root ${CPACK_TEMPORARY_DIRECTORY}/${component}${CPACK_PACKAGING_INSTALL_PREFIX})
  set(documents ${root}/share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  configure_file(${CPACK_LEAT_SOURCE_DIR}/packaging/debian/copyright ${documents}/copyright COPYONLY)
  file(WRITE ${documents}/changelog.Debian "${changelog}")
  if(EXISTS ${documents}/CHANGELOG.md)
    file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
  endif()
  file(GLOB texts ${documents}/changelog* ${root}/share/man/man1/*.1)
  execute_process(COMMAND ${GZIP} -9nf ${texts} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB files ${documents}/changelog* ${documents}/copyright)
  file(CHMOD ${files} PERMISSIONS ${readable})
  file(CHMOD ${documents} PERMISSIONS ${searchable})
endforeach()
