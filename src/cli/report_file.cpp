#include "cli/report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

Error report_file_error(const std::string& path, int number) {
  return {ErrorKind::config, "cannot write the report " + path + ": " +
                                 std::error_code(number, std::generic_category()).message()};
}

/// The file beside; it is gone unless it takes its place.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path),
        name_(path + ".leat-" + std::to_string(::getpid())),
        file_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (file_ < 0) throw report_file_error(path_, errno);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (file_ >= 0) ::close(file_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw report_file_error(path_, errno);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void take_place() {
    struct stat earlier {};
    if (::stat(path_.c_str(), &earlier) == 0) static_cast<void>(::fchmod(file_, earlier.st_mode & 07777U));
    if (::fsync(file_) != 0) throw report_file_error(path_, errno);
    if (::close(std::exchange(file_, -1)) != 0) throw report_file_error(path_, errno);
    if (::rename(name_.c_str(), path_.c_str()) != 0) throw report_file_error(path_, errno);
    name_.clear();
  }

 private:
  const std::string path_;
  std::string name_;
  int file_;
};

}  // namespace

ReportFile::ReportFile(std::string path) : path_(std::move(path)) {
  std::error_code failure;
  const auto real = std::filesystem::weakly_canonical(path_, failure);
  if (!failure) path_ = real.string();
  struct stat there {};
  if (::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    throw Error(ErrorKind::config, "cannot write the report " + path_ + ": it is not a file",
                {.hint = "name a file, which is replaced when the run has ended"});
  }
  static_cast<void>(NewFile(path_));
}

void ReportFile::write(const std::string& text) const {
  NewFile file(path_);
  file.write(text);
  file.take_place();
}

}  // namespace leat::cli
