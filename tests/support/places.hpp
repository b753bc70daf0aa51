#pragma once

#include <filesystem>
#include <string>

namespace leat::test {

/// Where this build is. Asked at run time: a path among the definitions of a compilation would keep a
/// compiler cache from knowing it again in another folder.
[[nodiscard]] inline std::filesystem::path build_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
}

/// A program of this build.
[[nodiscard]] inline std::string built_program(const std::string& name) {
  return build_directory() / "bin" / name;
}

}  // namespace leat::test
