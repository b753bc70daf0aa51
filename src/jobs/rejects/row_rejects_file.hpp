#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/jobs/options/reject.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat::jobs_detail {

/// A column where rejected rows are kept.
struct RejectColumn {
  std::string name;
  std::string type = "text";
};
/// Those that tell of the rejection, and behind them the target's.
[[nodiscard]] std::vector<RejectColumn> reject_columns(std::span<const TableColumn> columns = {});
/// The values of all columns, in their order, as texts that PostgreSQL reads; nullopt is NULL.
[[nodiscard]] std::vector<std::optional<std::string>> reject_fields(const RejectedRow& row);

/// Values as a line of CSV that COPY (FORMAT csv) reads: what is not NULL stands in quotes.
[[nodiscard]] std::string csv_line(std::span<const std::optional<std::string>> fields);

/// The first line of a file, for a target with these columns.
[[nodiscard]] std::string reject_header(std::span<const TableColumn> columns);

[[nodiscard]] Error reject_file_error(const std::string& what, const std::string& path, int code);
/// How ::open() opens what is to take rejected rows: it never waits for a pipe's reader.
[[nodiscard]] int reject_file_flags();
/// Nothing happens where the directory may be written but not read.
void sync_directory_of(const std::string& path);

/// Text on its way to a file, by hand, since a row is to be on disk before the others are committed. All of
/// it throws Error (config), 58030, and Stopped where a stop ends the wait for who reads a pipe. Used by one
/// thread at a time.
class RejectOutput {
 public:
  /// Closes this descriptor at its end; where it is none, `errno` says why.
  RejectOutput(int file, std::string path);
  RejectOutput(const RejectOutput&) = delete;
  RejectOutput& operator=(const RejectOutput&) = delete;
  ~RejectOutput();

  [[nodiscard]] int file() const { return file_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Hands text to the operating system when much has come.
  void put(std::string_view text, const std::stop_token& stop);
  void flush(const std::stop_token& stop);
  /// Returns when all is on disk.
  void sync(const std::stop_token& stop);

 private:
  const int file_;
  const std::string path_;
  std::string buffer_;
};

/// A CSV file of rejected rows, with a header. Where no row came it is gone afterwards, if it was not there
/// before. Used by one thread at a time.
class RejectFile {
 public:
  /// `columns` are the target's. @throws Error (config) where it cannot be written, or holds something.
  RejectFile(const std::string& path, std::span<const TableColumn> columns);
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;
  ~RejectFile();

  /// Hands the row to the operating system. @throws as RejectOutput does.
  void write(const RejectedRow& row, const std::stop_token& stop);
  /// Returns when all rows are on disk. @throws Error (config), 58030.
  void sync();

 private:
  bool is_new_ = false;
  RejectOutput output_;
  const std::string header_;
  bool has_rows_ = false;
};

}  // namespace leat::jobs_detail
