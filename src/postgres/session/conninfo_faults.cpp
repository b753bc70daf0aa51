#include "postgres/session/conninfo_faults.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"

namespace leat::postgres_detail {
namespace {

constexpr const char* conninfo_forms =
    "write postgresql://user@host:port/database, or host=… port=… dbname=… user=…; "
    "characters such as @ : / % in a URI's password are written as %40 %3A %2F %25";

bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

/// The word that libpq does not know, where it says so; else "".
std::string unknown_word(std::string_view libpq_says) {
  for (const std::string_view begin : {"invalid connection option \"", "invalid URI query parameter: \""}) {
    const auto at = libpq_says.find(begin);
    if (at == std::string_view::npos) continue;
    const auto rest = libpq_says.substr(at + begin.size());
    const auto word = rest.substr(0, rest.find('"'));
    return is_plain_word(word) ? std::string(word) : "";
  }
  return "";
}

/// Whether a word of the text may be a piece of a password that stands before it.
bool follows_password(std::string_view text, std::string_view word) {
  const auto scheme = text.find("://");
  if (scheme != std::string_view::npos) {
    const auto query = text.find('?', scheme);
    if (query == std::string_view::npos || text.find('@', query) != std::string_view::npos) return true;
  }
  const auto before = text.substr(0, text.rfind(word));
  return before.find("pass") != std::string_view::npos || before.find("secret") != std::string_view::npos;
}

}  // namespace

std::vector<std::string> connection_keywords() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(), &PQconninfoFree);
  std::vector<std::string> keywords;
  for (const PQconninfoOption* option = known.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    keywords.emplace_back(option->keyword);
  }
  return keywords;
}

bool splits_password(std::string_view uri) {
  const auto slashes = uri.find("://");
  const auto scheme = uri.substr(0, slashes);
  if (slashes == std::string_view::npos || (scheme != "postgresql" && scheme != "postgres")) return false;
  uri.remove_prefix(slashes + 3);
  // As libpq does: what stands before the first '@' is the user and the password, unless a '/' comes first.
  const auto at = uri.find_first_of("@/");
  const bool has_user = at != std::string_view::npos && uri[at] == '@';
  const auto user = uri.substr(0, has_user ? at : 0);
  const auto place = has_user ? uri.substr(at + 1) : uri;
  const auto path = place.substr(0, place.find('?'));
  const auto authority = path.substr(0, path.find('/'));
  // postgresql://user:p@ssword@host, postgresql://user:p@ss/word@host and postgresql://user:pass/word@host
  if (authority.find('@') != std::string_view::npos) return true;
  // Those of an IPv6 address are none before a port.
  const auto colon = authority.starts_with('[') ? std::string_view::npos : authority.find(':');
  const bool may_be_cut =
      has_user ? user.find(':') != std::string_view::npos : colon != std::string_view::npos;
  if (may_be_cut && path.find('@') != std::string_view::npos) return true;
  // postgresql://user:password/database
  if (has_user || colon == std::string_view::npos) return false;
  const auto port = authority.substr(colon + 1);
  return port.find_first_of(",[") == std::string_view::npos &&
         port.find_first_not_of("0123456789") != std::string_view::npos;
}

void refuse_conninfo(std::string_view text, std::string_view libpq_says) {
  const std::string word = unknown_word(libpq_says);
  if (!word.empty()) {
    const auto known = connection_keywords();
    const std::string guess = detail::did_you_mean(word, known);
    if (!follows_password(text, word)) {
      throw Error(ErrorKind::config,
                  "a connection string has \"" + word + "\", which is no parameter" + guess,
                  {.hint = conninfo_forms});
    }
    throw Error(ErrorKind::config,
                "a connection string has a word that is no parameter (it is not shown, since it may be a "
                "part of a password)" +
                    guess,
                {.hint = conninfo_forms});
  }
  std::string why;
  if (libpq_says.find("unterminated quoted string") != std::string_view::npos)
    why = ": a quote is not closed";
  if (libpq_says.starts_with("missing \"=\" after")) why = ": a word of it has no =";
  throw Error(ErrorKind::config,
              "a connection string cannot be read" + why + " (it is not shown, since it may hold a password)",
              {.hint = conninfo_forms});
}

}  // namespace leat::postgres_detail
