#include "cli/named_option.hpp"

#include <climits>
#include <filesystem>
#include <system_error>

#include "cli/nearest.hpp"

namespace leat::cli {

void require_file_path(const std::string& path) {
  std::error_code ignored;
  if (path.size() > PATH_MAX) throw Error(ErrorKind::config, shown(path) + " is no file");
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorKind::config, path + " is a directory");
  }
}

}  // namespace leat::cli
