#pragma once

/// What a shared library of leat exports: classes and functions of public headers that are compiled. Defined
/// for whoever compiles such a library (LEAT_SHARED) alone. Its users need nothing: code that hides its own
/// does not hide what it only declares, and what it compiles of leat's headers is its own. In an archive
/// nothing is marked, so that a plugin that links it exports nothing of leat.
#ifdef LEAT_SHARED
#define LEAT_EXPORT __attribute__((visibility("default")))
#else
#define LEAT_EXPORT
#endif
