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

#include "leat/core/detail/descriptor.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::size_t most_buffered = std::size_t{1} << 16U;

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

int open_to_append(const std::string& path, bool& is_new) {
  const int flags = reject_file_flags();
  // What is in it may be nobody else's business.
  constexpr int mode = 0600;
  const int file = ::open(path.c_str(), flags | O_CREAT | O_EXCL, mode);
  is_new = file >= 0;
  return is_new || errno != EEXIST ? file : ::open(path.c_str(), flags);
}

}  // namespace

Error reject_file_error(const std::string& what, const std::string& path, int code) {
  // What a pipe without a reader says when it is opened.
  const bool is_unread = code == ENXIO;
  return {ErrorKind::config,
          what + " the file of rejected rows " + path + ": " +
              (is_unread ? "nobody reads from this pipe" : std::strerror(code)),
          {.sqlstate = "58030",
           .hint = is_unread ? "start what reads from it first, or name a file"
                             : "name another file, or make room or rights for this one"}};
}

int reject_file_flags() {
  return O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
}

std::vector<RejectColumn> reject_columns(std::span<const TableColumn> columns) {
  std::vector<RejectColumn> all{{"leat_rejected_at", "timestamptz"},
                                {"leat_row", "int8"},
                                {"leat_sqlstate"},
                                {"leat_message"},
                                {"leat_detail"},
                                {"leat_constraint"},
                                {"leat_column"},
                                {"leat_key"},
                                {"leat_hex"}};
  for (const auto& column : columns) all.push_back({column.name});
  return all;
}

namespace {

/// What tells of the rejection.
std::vector<std::optional<std::string>> reject_head(const RejectedRow& row) {
  std::string hex;
  for (const auto& value : row.values) {
    if (value.is_hex) hex += (hex.empty() ? "" : ", ") + quote_identifier(value.column);
  }
  return {time_text(row.when), row.row ? std::optional(std::to_string(*row.row)) : std::nullopt,
          row.sqlstate,        row.message,
          known(row.detail),   known(row.constraint),
          known(row.column),   known(row.key),
          known(hex)};
}

void append_quoted(std::string& line, std::string_view text) {
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
}

/// Values with commas between them.
std::string csv_list(std::span<const std::optional<std::string>> fields) {
  std::string line;
  bool is_first = true;
  for (const auto& field : fields) {
    if (!std::exchange(is_first, false)) line += ',';
    if (!field) continue;
    line += '"';
    append_quoted(line, *field);
    line += '"';
  }
  return line;
}

}  // namespace

std::vector<std::optional<std::string>> reject_fields(const RejectedRow& row) {
  auto fields = reject_head(row);
  for (const auto& value : row.values) fields.push_back(value.text);
  return fields;
}

std::string csv_line(std::span<const std::optional<std::string>> fields) {
  return csv_list(fields) + '\n';
}

std::string reject_header(std::span<const TableColumn> columns) {
  std::vector<std::optional<std::string>> names;
  for (const auto& column : reject_columns(columns)) names.emplace_back(column.name);
  return csv_line(names);
}

void sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

RejectOutput::RejectOutput(int file, std::string path) : file_(file), path_(std::move(path)) {
  if (file_ < 0) throw reject_file_error("cannot write", path_, errno);
}

RejectOutput::~RejectOutput() {
  ::close(file_);
}

void RejectOutput::put(std::string_view text, const std::stop_token& stop) {
  buffer_ += text;
  if (buffer_.size() >= most_buffered) flush(stop);
}

void RejectOutput::flush(const std::stop_token& stop) {
  const int failure = detail::write_all(file_, buffer_, stop);
  if (failure == ECANCELED) throw Stopped();
  if (failure != 0) throw reject_file_error("cannot write", path_, failure);
  buffer_.clear();
}

void RejectOutput::sync(const std::stop_token& stop) {
  flush(stop);
  // A pipe or a terminal has no disk.
  if (::fsync(file_) != 0 && errno != EINVAL && errno != EROFS) {
    throw reject_file_error("cannot write", path_, errno);
  }
}

RejectFile::RejectFile(const std::string& path, std::span<const TableColumn> columns)
    : output_(open_to_append(path, is_new_), path), header_(reject_header(columns)) {
  struct stat status {};
  if (::fstat(output_.file(), &status) == 0 && status.st_size == 0) return;
  throw Error(ErrorKind::config, "the file of rejected rows " + path + " holds something already",
              {.hint = "move it away or name another one; for loads that run again and again use a table"});
}

RejectFile::~RejectFile() {
  if (is_new_ && !has_rows_) ::unlink(output_.path().c_str());
}

void RejectFile::write(const RejectedRow& row, const std::stop_token& stop) {
  if (!std::exchange(has_rows_, true)) output_.put(header_, stop);
  output_.put(csv_list(reject_head(row)), stop);
  for (const auto& value : row.values) {
    output_.put(",", stop);
    if (!value.text) continue;
    output_.put("\"", stop);
    // In parts, since a value may be wide.
    constexpr std::size_t part = std::size_t{1} << 20U;
    for (std::size_t at = 0; at < value.text->size(); at += part) {
      std::string quoted;
      append_quoted(quoted, std::string_view(*value.text).substr(at, part));
      output_.put(quoted, stop);
    }
    output_.put("\"", stop);
  }
  output_.put("\n", stop);
  output_.flush(stop);
}

void RejectFile::sync() {
  if (!has_rows_) return;
  output_.sync({});  // all is written already
  if (is_new_) sync_directory_of(output_.path());
}

}  // namespace leat::jobs_detail
