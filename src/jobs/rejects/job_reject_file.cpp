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

/// A file beside another one, whose place it takes, or it is gone. Its owner alone may read it, unless that
/// one says otherwise.
class FileBeside {
 public:
  explicit FileBeside(const std::string& path)
      : name_(path + ".leat-XXXXXX"), output_(::mkostemp(name_.data(), O_CLOEXEC), path) {}
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;
  ~FileBeside() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  [[nodiscard]] RejectOutput& output() { return output_; }
  void replace(const std::stop_token& stop) {
    const std::string& path = output_.path();
    struct stat earlier {};
    if (::stat(path.c_str(), &earlier) == 0) ::fchmod(output_.file(), earlier.st_mode & 07777U);
    output_.sync(stop);
    if (::rename(name_.c_str(), path.c_str()) != 0) throw reject_file_error("cannot write", path, errno);
    name_.clear();
    sync_directory_of(path);
  }

 private:
  std::string name_;
  RejectOutput output_;
};

/// Whether this text stands where a file is read, which goes on behind it then.
bool reads(std::ifstream& file, std::string_view text) {
  const auto place = file.tellg();
  std::string found(text.size(), '\0');
  file.read(found.data(), static_cast<std::streamsize>(text.size()));
  if (file && found == text) return true;
  file.clear();
  file.seekg(place);
  return false;
}

/// Makes sure that all that stands in the file are rows that the ledger keeps of the job, also of discarded
/// runs. @throws Error (config)
void require_own(const std::string& path, std::span<const TableColumn> columns, Connection& session,
                 const std::string& job, const std::stop_token& stop) {
  if (!holds_something(path)) return;
  std::ifstream file(path, std::ios::binary);
  if (reads(file, reject_header(columns))) {
    // It may lack rows that came later, and has those of one run, in their order.
    const auto pass = [&](std::string_view line) {
      static_cast<void>(reads(file, std::string(line) + '\n'));
    };
    read_rejects(session, job, RejectsOf::all_runs, pass, stop);
    if (file && file.peek() == std::ifstream::traits_type::eof()) return;
  }
  throw Error(ErrorKind::config,
              "the file of rejected rows " + path + " holds something that is not of job " + job,
              {.hint = "move it away or name another one; all that the job rejects is kept, and gets there"});
}

}  // namespace

void check_job_reject_file(const std::string& path, std::span<const TableColumn> columns, Connection& session,
                           const std::string& job, const std::stop_token& stop) {
  const std::string real = real_path(path);
  if (is_device(real)) return;
  require_own(real, columns, session, job, stop);
  static_cast<void>(FileBeside(real));
}

void write_job_reject_file(const std::string& path, std::span<const TableColumn> columns, Connection& session,
                           const std::string& job, JobEnd end, const std::stop_token& stop) {
  const std::string real = real_path(path);
  const auto write_rows = [&](RejectOutput& output) {
    bool is_first = true;
    const auto put = [&](std::string_view line) {
      if (std::exchange(is_first, false)) output.put(reject_header(columns), stop);
      output.put(line, stop);
      output.put("\n", stop);
    };
    read_rejects(session, job, RejectsOf::current_run, put, stop);
    return !is_first;
  };
  if (is_device(real)) {
    if (end == JobEnd::failed) return;
    RejectOutput output(::open(real.c_str(), reject_file_flags()), real);
    write_rows(output);
    output.sync(stop);
    return;
  }
  require_own(real, columns, session, job, stop);
  FileBeside file(real);
  if (write_rows(file.output())) {
    file.replace(stop);
  } else if (holds_something(real)) {
    ::unlink(real.c_str());
  }
}

}  // namespace leat::jobs_detail
