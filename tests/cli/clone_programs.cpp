#include "clone_programs.hpp"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "clone_databases.hpp"
#include "support/catch.hpp"

namespace leat::test {

WrappedPrograms::WrappedPrograms(const std::string& before_dump, const std::string& before_restore) {
  std::string name = (std::filesystem::temp_directory_path() / "leat-bin-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  write("pg_dump", before_dump);
  write("pg_restore", before_restore);
}

WrappedPrograms::~WrappedPrograms() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool WrappedPrograms::has(const std::string& file) const {
  return std::filesystem::exists(directory_ / file);
}

std::string WrappedPrograms::content(const std::string& file) const {
  std::ifstream in(directory_ / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WrappedPrograms::write(const std::string& name, const std::string& lines) const {
  std::string path = shell("command -v " + name);
  path.erase(path.find_last_not_of('\n') + 1);
  std::ofstream(directory_ / name) << "#!/bin/sh\nreal='" << path << "'\ndir='" << directory_.string()
                                   << "'\nif [ \"$1\" != --version ]; then :\n"
                                   << lines << "\nfi\nexec \"$real\" \"$@\"\n";
  std::filesystem::permissions(directory_ / name, std::filesystem::perms::owner_all);
}

}  // namespace leat::test
