#pragma once

#include <string>
#include <vector>

namespace leat::test {

/// Passwords that YAML, URIs, keyword strings, SQL, shells or references could each take for something else.
inline std::vector<std::string> nasty_passwords() {
  return {"a b",
          " leading and trailing ",
          "it's",
          "\"quoted\"",
          "back\\slash\\",
          "a@b",
          "a:b",
          "a/b",
          "a?sslmode=disable",
          "a#b",
          "100%",
          "%41%",
          "${env:HOME}",
          "$${x}",
          "- a",
          "*x &y !z |",
          "{a: b}, [c]",
          "line\nbreak",
          "tab\there",
          "ümläut€😀",
          "'; DROP TABLE x; --",
          "a,b",
          "yes",
          "null",
          "0123",
          "host=elsewhere password=x",
          "918273645501",
          "\\'"};
}

/// As a URI has it.
inline std::string percent_encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

/// The same password in each of the ways in which a document has a connection: the text behind the name. The
/// variable PASSWORD has it, and URL the whole URI.
inline std::vector<std::string> connections_with_password(const std::string& host, const std::string& port,
                                                          const std::string& user) {
  const std::string at = "@" + host + ":" + port + "/postgres";
  return {
      "{host: " + host + ", port: " + port + ", database: postgres, user: " + user +
          ", password: \"${env:PASSWORD}\"}",
      "\"postgresql://" + user + ":${env:PASSWORD}" + at + "\"",
      "\"host=" + host + " port=" + port + " dbname=postgres user=" + user + " password='${env:PASSWORD}'\"",
      "${env:URL}"};
}

}  // namespace leat::test
