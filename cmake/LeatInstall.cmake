# Installs the libraries, their headers and a CMake package with one component a library.
