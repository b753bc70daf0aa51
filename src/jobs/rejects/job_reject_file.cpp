#include "jobs/rejects/job_reject_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "jobs/rejects/row_rejects_file.hpp"
#include "leat/ledger/job_rejects.hpp"

namespace leat::jobs_detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffer_bytes = std::size_t{1} << 16U;

/// Where a symbolic link leads.
std::string real_path(std::string path) {
  std::error_code error;
  const auto real = fs::canonical(path, error);
  return error ? std::move(path) : real.string();
}

/// Whether there is something that another file cannot take the place of.
bool is_device(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

bool holds_something(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0 && !error;
}

/// Text on its way to a descriptor, which it closes.
class Output {
 public:
  Output(int file, std::string path) : file_(file), path_(std::move(path)) {
    if (file_ < 0) throw reject_file_error("cannot write", path_, errno);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { ::close(file_); }

  [[nodiscard]] int file() const { return file_; }
  void put(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= buffer_bytes) flush();
  }
  void sync() {
    flush();
    sync_file(file_, path_);
  }

 private:
  void flush() {
    put_text(file_, buffer_, path_);
    buffer_.clear();
  }

  int file_;
  std::string path_;
  std::string buffer_;
};

/// A file beside another one, whose place it takes, or it is gone. Its owner alone may read it, unless that
/// one says otherwise.
class FileBeside {
 public:
  explicit FileBeside(const std::string& path)
      : path_(path), name_(path + ".leat-XXXXXX"), output_(::mkostemp(name_.data(), O_CLOEXEC), path) {}
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;
  ~FileBeside() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  [[nodiscard]] Output& output() { return output_; }
  void replace() {
    struct stat earlier {};
    if (::stat(path_.c_str(), &earlier) == 0) ::fchmod(output_.file(), earlier.st_mode & 07777U);
    output_.sync();
    if (::rename(name_.c_str(), path_.c_str()) != 0) throw reject_file_error("cannot write", path_, errno);
    name_.clear();
    sync_directory_of(path_);
  }

 private:
  std::string path_;
  std::string name_;
  Output output_;
};

/// Text that is expected at the place of a file where it is read.
class Expectation {
 public:
  explicit Expectation(const std::string& path) : file_(path, std::ios::binary) {}

  /// Whether it stands there; goes on behind it then.
  bool reads(std::string_view text) {
    const auto place = file_.tellg();
    found_.resize(text.size());
    file_.read(found_.data(), static_cast<std::streamsize>(text.size()));
    if (file_ && found_ == text) return true;
    file_.clear();
    file_.seekg(place);
    return false;
  }
  [[nodiscard]] bool is_at_end() { return file_ && file_.peek() == std::ifstream::traits_type::eof(); }

 private:
  std::ifstream file_;
  std::string found_;
};

}  // namespace

JobRejectFile::JobRejectFile(std::string path, std::span<const std::string> columns)
    : path_(real_path(std::move(path))), header_(reject_header(columns)) {}

bool JobRejectFile::is_of(Connection& session, const std::string& job, const std::stop_token& stop) const {
  Expectation file(path_);
  if (!file.reads(header_)) return false;
  // It may lack rows that came later, and has those of one run, in their order.
  read_rejects(
      session, job, RejectsOf::all_runs,
      [&](std::string_view line) { static_cast<void>(file.reads(std::string(line) + '\n')); }, stop);
  return file.is_at_end();
}

void JobRejectFile::require_own(Connection& session, const std::string& job,
                                const std::stop_token& stop) const {
  if (!holds_something(path_) || is_of(session, job, stop)) return;
  throw Error(ErrorKind::config,
              "the file of rejected rows " + path_ + " holds something that is not of job " + job,
              {.hint = "move it away or name another one; all that the job rejects is kept, and gets there"});
}

void JobRejectFile::check(Connection& session, const std::string& job, const std::stop_token& stop) const {
  if (is_device(path_)) return;
  require_own(session, job, stop);
  static_cast<void>(FileBeside(path_));
}

void JobRejectFile::write(Connection& session, const std::string& job, JobEnd end,
                          const std::stop_token& stop) const {
  const auto write_rows = [&](Output& output) {
    bool is_first = true;
    const auto put = [&](std::string_view line) {
      if (std::exchange(is_first, false)) output.put(header_);
      output.put(line);
      output.put("\n");
    };
    read_rejects(session, job, RejectsOf::current_run, put, stop);
    return !is_first;
  };
  if (is_device(path_)) {
    if (end == JobEnd::failed) return;
    Output output(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC), path_);
    write_rows(output);
    output.sync();
    return;
  }
  require_own(session, job, stop);
  FileBeside file(path_);
  if (write_rows(file.output())) {
    file.replace();
  } else if (holds_something(path_)) {
    ::unlink(path_.c_str());
  }
}

}  // namespace leat::jobs_detail
