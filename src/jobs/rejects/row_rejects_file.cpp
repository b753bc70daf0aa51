#include "jobs/rejects/row_rejects_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::array<RejectColumn, 9> columns_before{{{"leat_rejected_at", "timestamptz"},
                                                      {"leat_row", "int8"},
                                                      {"leat_sqlstate", "text"},
                                                      {"leat_message", "text"},
                                                      {"leat_detail", "text"},
                                                      {"leat_constraint", "text"},
                                                      {"leat_column", "text"},
                                                      {"leat_key", "text"},
                                                      {"leat_hex", "text"}}};

std::string time_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06d+00", static_cast<int>((since - seconds).count()));
  return std::string(date.data()) + fraction.data();
}

std::optional<std::string> known(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Error reject_file_error(const std::string& what, const std::string& path, int code) {
  return {ErrorKind::config,
          what + " the file of rejected rows " + path + ": " + std::strerror(code),
          {.sqlstate = "58030", .hint = "name another file, or make room or rights for this one"}};
}

std::span<const RejectColumn> reject_columns() {
  return columns_before;
}

std::vector<std::optional<std::string>> reject_fields(const RejectedRow& row) {
  std::string hex;
  for (const auto& value : row.values) {
    if (value.is_hex) hex += (hex.empty() ? "" : ", ") + quote_identifier(value.column);
  }
  std::vector<std::optional<std::string>> fields{
      time_text(row.when), row.row ? std::optional(std::to_string(*row.row)) : std::nullopt,
      row.sqlstate,        row.message,
      known(row.detail),   known(row.constraint),
      known(row.column),   known(row.key),
      known(hex)};
  for (const auto& value : row.values) fields.push_back(value.text);
  return fields;
}

std::string csv_line(std::span<const std::optional<std::string>> fields) {
  std::string line;
  bool is_first = true;
  for (const auto& field : fields) {
    if (!std::exchange(is_first, false)) line += ',';
    if (!field) continue;
    line += '"';
    for (const char c : *field) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + '\n';
}

std::string reject_header(std::span<const std::string> columns) {
  std::vector<std::optional<std::string>> names;
  for (const auto& column : columns_before) names.emplace_back(column.name);
  append_all(names, columns);
  return csv_line(names);
}

void put_text(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw reject_file_error("cannot write", path, errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void sync_file(int file, const std::string& path) {
  // A pipe or a terminal has no disk.
  if (::fsync(file) != 0 && errno != EINVAL && errno != EROFS) {
    throw reject_file_error("cannot write", path, errno);
  }
}

void sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

RejectFile::RejectFile(std::string path, std::span<const std::string> columns)
    : path_(std::move(path)), header_(reject_header(columns)) {
  // What is in it may be nobody else's business.
  constexpr int mode = 0600;
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_CREAT | O_EXCL, mode);
  is_new_ = file_ >= 0;
  if (!is_new_ && errno == EEXIST) file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) throw reject_file_error("cannot write", path_, errno);
  struct stat status {};
  if (::fstat(file_, &status) == 0 && status.st_size == 0) return;
  ::close(file_);
  throw Error(ErrorKind::config, "the file of rejected rows " + path_ + " holds something already",
              {.hint = "move it away or name another one; for loads that run again and again use a table"});
}

RejectFile::~RejectFile() {
  if (is_new_ && !has_rows_) ::unlink(path_.c_str());
  ::close(file_);
}

void RejectFile::write(const RejectedRow& row) {
  const auto fields = reject_fields(row);
  const bool is_first = !std::exchange(has_rows_, true);
  put_text(file_, is_first ? header_ + csv_line(fields) : csv_line(fields), path_);
}

void RejectFile::sync() {
  if (!has_rows_) return;
  sync_file(file_, path_);
  if (is_new_) sync_directory_of(path_);
}

}  // namespace leat::jobs_detail
