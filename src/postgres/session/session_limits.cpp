#include "postgres/session/session_limits.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::postgres_detail {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds usual_connect_timeout = std::chrono::seconds{10};
constexpr milliseconds usual_lock_timeout = std::chrono::seconds{10};
// What libpq calls "wait indefinitely".
constexpr milliseconds longest_connect_timeout = std::chrono::hours{24};

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// The words of a session's options, as the server splits them.
std::vector<std::string> words_of(std::string_view options) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < options.size();) {
    if (is_blank(options[at])) {
      ++at;
      continue;
    }
    std::string word;
    for (; at < options.size() && !is_blank(options[at]); ++at) {
      if (options[at] == '\\' && ++at == options.size()) break;
      word += options[at];
    }
    words.push_back(std::move(word));
  }
  return words;
}

/// A setting's name as the server compares it.
std::string plain_name(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

/// A setting that counts milliseconds where no unit is given.
std::optional<milliseconds> milliseconds_of(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!unit.empty() && is_blank(unit.front())) unit.remove_prefix(1);
  static const std::map<std::string_view, double> units{
      {"us", 0.001}, {"", 1}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const auto found = units.find(unit);
  constexpr double most = 2'147'483'647;  // the server's own bound
  if (found == units.end() || number * found->second > most) return std::nullopt;
  return milliseconds(std::llround(number * found->second));
}

/// As libpq has it for each host that is named; here it is for all of them together.
std::optional<milliseconds> connect_timeout_of(PGconn* conn) {
  const std::string text = parameter_of(conn, "connect_timeout");
  if (text.empty()) return std::nullopt;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorKind::config,
                "connect_timeout of the connection must be a whole number of seconds, not " + text);
  }
  if (seconds <= 0) return longest_connect_timeout;
  const std::string host = parameter_of(conn, "host");
  const std::string hosts = host.empty() ? parameter_of(conn, "hostaddr") : host;
  const auto several = 1 + std::count(hosts.begin(), hosts.end(), ',');
  return std::min<milliseconds>(several * std::chrono::seconds(seconds), longest_connect_timeout);
}

}  // namespace

std::string parameter_of(PGconn* conn, std::string_view keyword) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(conn),
                                                                             &PQconninfoFree);
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return {};
}

std::optional<milliseconds> started_limit(std::string_view options, std::string_view name) {
  std::optional<milliseconds> limit;
  const auto words = words_of(options);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "-c" && i + 1 < words.size()) {
      word = words[++i];
    } else if (word.starts_with("-c") || word.starts_with("--")) {
      word.remove_prefix(2);
    } else {
      continue;
    }
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || plain_name(word.substr(0, equals)) != name) continue;
    limit = milliseconds_of(word.substr(equals + 1));
  }
  return limit;
}

void settle_limits(SessionOptions& options, PGconn* conn) {
  if (!options.connect_timeout) {
    options.connect_timeout = connect_timeout_of(conn).value_or(usual_connect_timeout);
  }
  const std::string started = parameter_of(conn, "options");
  if (!options.lock_timeout) {
    options.lock_timeout = started_limit(started, "lock_timeout").value_or(usual_lock_timeout);
  }
  if (!options.statement_timeout) {
    options.statement_timeout = started_limit(started, "statement_timeout").value_or(milliseconds(0));
  }
  // Short statements wait for locks, too, and their answer is not late for that.
  if (options.lock_timeout->count() == 0) {
    options.reply_timeout = std::max(options.reply_timeout, options.silence_timeout);
  } else if (*options.lock_timeout > usual_lock_timeout && *options.lock_timeout >= options.reply_timeout) {
    options.reply_timeout += *options.lock_timeout;
  }
}

}  // namespace leat::postgres_detail
