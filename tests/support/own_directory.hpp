#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace leat::test {

/// A directory of the test's own, which goes with all that is in it.
class OwnDirectory {
 public:
  /// @throws std::runtime_error when it cannot be made.
  OwnDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "leat-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a directory " + name);
    path_ = name;
  }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  ~OwnDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The whole name of a file in it.
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  /// Makes a file, and the directories in which it stands, for this user alone. Returns its whole name.
  std::string write(const std::string& name, const std::string& text) const {
    const auto whole = path_ / name;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << text;
    std::filesystem::permissions(whole, std::filesystem::perms::owner_all);
    return whole.string();
  }
  /// What a file in it holds; nothing where it is not there.
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace leat::test
