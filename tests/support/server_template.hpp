#pragma once

#include <filesystem>
#include <utility>
#include <vector>

namespace leat::test {

/// Folders with the programs of a server, the oldest version first; each version once.
[[nodiscard]] std::vector<std::pair<int, std::filesystem::path>> installed_servers();

/// A directory of the user that runs PostgreSQL, under the system's temporary one. Its name is short, as a
/// socket's path may have 107 characters. @throws std::runtime_error
[[nodiscard]] std::filesystem::path make_server_directory();
void remove_server_directory(const std::filesystem::path& directory) noexcept;

/// What initdb makes, to be copied: that takes a tenth of the time. It is kept in the build directory, one
/// for each version of PostgreSQL, where all test programs find it; where they cannot write there each
/// process makes its own. Thread-safe.
class ServerTemplate {
 public:
  /// Made by the first call. @throws std::runtime_error where no server is installed, or initdb fails.
  static const ServerTemplate& instance();
  /// The same for the version whose programs are in that folder.
  static const ServerTemplate& of(const std::filesystem::path& programs);

  ServerTemplate(const ServerTemplate&) = delete;
  ServerTemplate& operator=(const ServerTemplate&) = delete;
  ~ServerTemplate();

  /// Makes `data` a directory as initdb leaves it, owned by the user that runs PostgreSQL.
  void copy_to(const std::filesystem::path& data) const;
  /// A program of this PostgreSQL.
  [[nodiscard]] std::filesystem::path program(const char* name) const;

 private:
  /// Empty: looks for the programs.
  explicit ServerTemplate(std::filesystem::path programs);
  [[nodiscard]] std::filesystem::path kept_directory() const;
  void keep_as(const std::filesystem::path& kept) const;

  // Constant after construction
  std::filesystem::path scratch_;
  std::filesystem::path programs_;
  std::filesystem::path data_;
};

}  // namespace leat::test
