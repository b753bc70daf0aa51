#include "cli/value_checks.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "cli/column_lists.hpp"
#include "cli/nearest.hpp"
#include "leat/core/bytes.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {
namespace {

/// Without a description, which CLI11 would print beside the option's own.
CLI::Validator silent(std::function<std::string(std::string&)> check) {
  return CLI::Validator(std::move(check), "");
}

template <class Read>
std::string error_of(const std::string& text, Read read) {
  try {
    static_cast<void>(read(text));
    return {};
  } catch (const Error& error) {
    return error.what() + (error.hint().empty() ? "" : "; " + std::string(error.hint()));
  }
}

std::string in_thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::optional<std::int64_t> milliseconds_of(const std::string& text) {
  constexpr std::int64_t longest = 86'400'000;
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || !std::isfinite(number)) return std::nullopt;
  std::string unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
  const double factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "min" ? 60'000 : 0;
  const double wanted = number * factor;
  if (wanted < 1 || wanted > static_cast<double>(longest)) return std::nullopt;
  return static_cast<std::int64_t>(wanted);
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  std::string name;
  for (const auto& word : words) name += (name.empty() ? "" : "|") + word;
  auto check = silent([words = std::move(words)](std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return shown(text) + " is not " + any_of(words) + did_you_mean(text, words);
  });
  return check.name(name);
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return silent([least, most](std::string& text) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc{} && end == text.data() + text.size() && number >= least && number <= most) {
      // CLI11 would read a leading zero as a number of base 8.
      text = std::to_string(number);
      return std::string();
    }
    return "a whole number from " + in_thousands(least) + " to " + in_thousands(most) + ", not " +
           shown(text);
  });
}

CLI::Validator worker_count() {
  constexpr std::uint64_t most = 64;
  return whole_number(0, most);
}

CLI::Validator job_name() {
  return silent([](std::string& text) {
    constexpr std::ptrdiff_t most = 200;
    const auto begins_letter = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto count = std::count_if(text.begin(), text.end(), begins_letter);
    return count <= most ? std::string()
                         : "a name of 200 characters at most, and this one has " + std::to_string(count);
  });
}

CLI::Validator size_between(std::uint64_t least, std::uint64_t most) {
  return silent([least, most](std::string& text) {
    try {
      const std::uint64_t size = parse_bytes(text).count();
      if (size >= least && size <= most) return std::string();
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): no size, or one beyond all bounds
    }
    return "a size from " + format_bytes(ByteCount{least}) + " to " + format_bytes(ByteCount{most}) +
           ", such as 64KiB or 1.5MiB, not " + shown(text);
  });
}

CLI::Validator rate_above_zero() {
  return silent([](std::string& text) {
    try {
      if (parse_byte_rate(text).count() > 0) return std::string();
    } catch (const Error&) {
      return "a size for each second, such as 50MiB/s, not " + shown(text);
    }
    return "one byte a second or more, not " + shown(text) + "; without the option there is no limit";
  });
}

CLI::Validator waiting_time() {
  return silent([](std::string& text) {
    if (const auto milliseconds = milliseconds_of(text)) {
      text = std::to_string(*milliseconds);
      return std::string();
    }
    return "a time with its unit from 1ms to 1440min, such as 500ms, 30s or 2min, not " + shown(text);
  });
}

CLI::Validator age() {
  return silent([](std::string& text) {
    constexpr double longest = 36500.0 * 86400;
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
    const double factor = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 0;
    const double seconds = failure == std::errc{} && std::isfinite(number) ? number * factor : -1;
    if (factor > 0 && seconds >= 1 && seconds <= longest) {
      text = std::to_string(static_cast<std::int64_t>(seconds));
      return std::string();
    }
    return "a time with its unit up to 36500d, such as 45min, 12h or 30d, not " + shown(text);
  });
}

CLI::Validator table_name() {
  return silent([](std::string& text) {
    constexpr std::size_t longest = 1000;
    if (text.size() > longest) return shown(text) + " is too long for a table's name";
    return error_of(text, [](const std::string& name) { return TableName::parse(name); });
  });
}

CLI::Validator schema_name() {
  return silent([](std::string& text) {
    constexpr std::size_t longest = 1000;
    if (text.size() > longest) return shown(text) + " is too long for a schema's name";
    return error_of(text, [](const std::string& name) {
      if (!TableName::parse(name).schema.empty()) {
        throw Error(ErrorKind::config, shown(name) + " is no single schema");
      }
      return name;
    });
  });
}

CLI::Validator column_names() {
  return silent([](std::string& text) {
    return error_of(text, [](const std::string& names) { return split_columns(names); });
  });
}

}  // namespace leat::cli
