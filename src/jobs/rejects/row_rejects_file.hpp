#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/jobs/options/reject.hpp"

namespace leat::jobs_detail {

/// The columns that stand before those of the target, where rejected rows are kept.
struct RejectColumn {
  const char* name;
  const char* type;
};
[[nodiscard]] std::span<const RejectColumn> reject_columns();
/// The values of all columns, in their order, as texts that PostgreSQL reads; nullopt is NULL.
[[nodiscard]] std::vector<std::optional<std::string>> reject_fields(const RejectedRow& row);

/// Values as a line of CSV that COPY (FORMAT csv) reads: what is not NULL stands in quotes.
[[nodiscard]] std::string csv_line(std::span<const std::optional<std::string>> fields);

/// The first line of a file, for a target with these columns.
[[nodiscard]] std::string reject_header(std::span<const std::string> columns);

// What is written by hand, since a row is to be on disk before the others are committed. All of them throw
// Error (config), 58030.
[[nodiscard]] Error reject_file_error(const std::string& what, const std::string& path, int code);
void put_text(int file, std::string_view text, const std::string& path);
void sync_file(int file, const std::string& path);
/// Nothing happens where the directory may be written but not read.
void sync_directory_of(const std::string& path);

/// A CSV file of rejected rows, with a header. Where no row came it is gone afterwards, if it was not there
/// before. Used by one thread at a time.
class RejectFile {
 public:
  /// `columns` are the target's. @throws Error (config) where it cannot be written, or holds something.
  RejectFile(std::string path, std::span<const std::string> columns);
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;
  ~RejectFile();

  /// Hands the row to the operating system. @throws Error (config), 58030.
  void write(const RejectedRow& row);
  /// Returns when all rows are on disk. @throws Error (config), 58030.
  void sync();

 private:
  // Constant after construction
  std::string path_;
  std::string header_;
  bool is_new_ = false;
  int file_ = -1;
  // Used by one thread at a time
  bool has_rows_ = false;
};

}  // namespace leat::jobs_detail
