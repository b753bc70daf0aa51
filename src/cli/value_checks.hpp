#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

// What an option's value must be, for CLI::Option::transform(): the message says it in the option's own
// words, and CLI11 puts the option's name before it.
namespace leat::cli {

/// One of these words; the nearest one is suggested. Its name is the words, with | between them.
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);

/// A whole number from `least` to `most`, in decimal digits.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

/// Sessions that read or write: 0, which chooses, to 64.
[[nodiscard]] CLI::Validator worker_count();

/// A job's name: letters that can be seen, 200 at most.
[[nodiscard]] CLI::Validator job_name();

/// A size as parse_bytes() takes it, within these bounds (bytes).
[[nodiscard]] CLI::Validator size_between(std::uint64_t least, std::uint64_t most);

/// A rate as parse_byte_rate() takes it, of one byte a second or more.
[[nodiscard]] CLI::Validator rate_above_zero();

/// A time with a unit (ms, s, min) above zero and up to a day; becomes milliseconds.
[[nodiscard]] CLI::Validator waiting_time();

/// A time with a unit (s, min, h, d) up to 100 years; becomes seconds.
[[nodiscard]] CLI::Validator age();

/// A table as in SQL.
[[nodiscard]] CLI::Validator table_name();

/// A schema as in SQL.
[[nodiscard]] CLI::Validator schema_name();

/// Columns as in SQL, with commas between them.
[[nodiscard]] CLI::Validator column_names();

}  // namespace leat::cli
