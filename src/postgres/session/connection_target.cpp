#include "leat/postgres/session/connection_target.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "leat/core/error.hpp"
#include "postgres/session/conninfo_faults.hpp"

namespace leat {
namespace {

constexpr std::array<std::string_view, 4> described_keywords{"host", "port", "dbname", "user"};
constexpr std::array<std::string_view, 4> secrets{"sslpassword", "password", "passwd", "oauth_client_secret"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The end of a keyword's value: quoted with ' or up to white space, a URI's & or a quote.
std::size_t value_end(std::string_view text, std::size_t begin) {
  if (begin < text.size() && text[begin] == '\'') {
    std::size_t i = begin + 1;
    while (i < text.size() && text[i] != '\'') i += text[i] == '\\' ? 2 : 1;
    return std::min(i + 1, text.size());
  }
  std::size_t i = begin;
  while (i < text.size() && std::string_view(" \t\r\n&\"").find(text[i]) == std::string_view::npos) {
    i += text[i] == '\\' ? 2 : 1;
  }
  return std::min(i, text.size());
}

std::string redact_keywords(std::string_view text) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    bool replaced = false;
    if (i == 0 || !is_word(text[i - 1])) {
      for (const auto& name : secrets) {
        if (!text.substr(i).starts_with(name)) continue;
        std::size_t at = i + name.size();
        while (at < text.size() && text[at] == ' ') ++at;
        if (at >= text.size() || text[at] != '=') continue;
        ++at;
        while (at < text.size() && text[at] == ' ') ++at;
        out.append(name).append("=***");
        i = value_end(text, at);
        replaced = true;
        break;
      }
    }
    if (!replaced) out += text[i++];
  }
  return out;
}

}  // namespace

std::string_view postgres_detail::connection_text(const char* text) {
  if (text == nullptr) throw Error(ErrorKind::config, "a connection is named by a null pointer");
  return text;
}

bool ConnectionTarget::looks_like_conninfo(std::string_view text) {
  return text.empty() || text.find("://") != std::string_view::npos ||
         text.find('=') != std::string_view::npos;
}

ConnectionTarget ConnectionTarget::parse(std::string_view conninfo) {
  ConnectionTarget target;
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(std::string(conninfo).c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned_message(message, &PQfreemem);
  if (!options || postgres_detail::splits_password(conninfo) ||
      conninfo.find('\0') != std::string_view::npos) {
    postgres_detail::refuse_conninfo(conninfo, message == nullptr ? "" : message);
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) target.set(option->keyword, option->val);
  }
  return target;
}

void ConnectionTarget::set(std::string_view keyword, std::string value) {
  for (auto& [name, current] : parameters_) {
    if (name == keyword) {
      current = std::move(value);
      return;
    }
  }
  parameters_.emplace_back(keyword, std::move(value));
}

std::string_view ConnectionTarget::get(std::string_view keyword) const {
  for (const auto& [name, value] : parameters_) {
    if (name == keyword) return value;
  }
  return {};
}

std::string ConnectionTarget::describe() const {
  std::string text;
  for (const auto keyword : described_keywords) {
    const auto value = get(keyword);
    if (value.empty()) continue;
    if (!text.empty()) text += ' ';
    text.append(keyword).append("=").append(keyword == "dbname" ? redact_secrets(value) : std::string(value));
  }
  return text.empty() ? "libpq's environment" : text;
}

bool is_connection_keyword(std::string_view keyword) {
  const auto known = postgres_detail::connection_keywords();
  return std::find(known.begin(), known.end(), keyword) != known.end();
}

std::string redact_secrets(std::string_view text) {
  // URIs: scheme://user:password@host. The last @ of the word ends the password, which libpq allows to hold ?
  // and quotes.
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const auto slashes = text.find("://", i);
    if (slashes == std::string_view::npos) break;
    const std::size_t begin = slashes + 3;
    const auto stop = text.find_first_of(" \t\r\n", begin);
    const auto authority = text.substr(begin, stop == std::string_view::npos ? stop : stop - begin);
    const auto at = authority.rfind('@');
    const auto colon = authority.find(':');
    out.append(text.substr(i, begin - i));
    if (at != std::string_view::npos && colon != std::string_view::npos && colon < at) {
      out.append(authority.substr(0, colon)).append(":***");
      i = begin + at;
    } else {
      i = begin;
    }
  }
  out.append(text.substr(i));
  return redact_keywords(out);
}

}  // namespace leat
