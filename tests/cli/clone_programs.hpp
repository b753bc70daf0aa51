#pragma once

#include <filesystem>
#include <string>

namespace leat::test {

/// pg_dump and pg_restore that run lines of a shell first, for --pg-bin: "$real" is the program itself,
/// "$dir" the directory that is taken away with this object. Used by one thread.
class WrappedPrograms {
 public:
  WrappedPrograms(const std::string& before_dump, const std::string& before_restore);
  WrappedPrograms(const WrappedPrograms&) = delete;
  WrappedPrograms& operator=(const WrappedPrograms&) = delete;
  ~WrappedPrograms();

  [[nodiscard]] std::string directory() const { return directory_.string(); }
  /// Whether the lines have made that file in the directory.
  [[nodiscard]] bool has(const std::string& file) const;
  [[nodiscard]] std::string content(const std::string& file) const;

 private:
  void write(const std::string& name, const std::string& lines) const;
  std::filesystem::path directory_;
};

}  // namespace leat::test
