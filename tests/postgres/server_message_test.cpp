// What the bodies of a server's messages say.
#include "postgres/copy/server_message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace leat;
using namespace leat::postgres_detail;
using namespace std::string_literals;

TEST_CASE("Server messages: an error's fields are the server's", "[postgres]") {
  const std::string body =
      "SERROR\0VERROR\0C23505\0Mtwice the same key\0DKey (id)=(1) exists.\0HLoad it once.\0WCOPY t, line 7\0"
      "nt_pkey\0cid\0\0"s;
  const Error error = error_in(body, ErrorKind::target);
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.what() == "twice the same key"s);
  CHECK(error.sqlstate() == "23505");
  CHECK(error.detail() == "Key (id)=(1) exists.");
  CHECK(error.hint() == "Load it once.");
  CHECK(error.context() == "COPY t, line 7");
  CHECK(error.constraint() == "t_pkey");
  CHECK(error.column() == "id");
  for (std::size_t length = 0; length < body.size(); ++length) {
    // Memory of its own, so that a sanitizer sees a byte too many.
    const std::vector<char> cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
    const std::string what = error_in(cut, ErrorKind::target).what();
    INFO(length << ": " << what);
    CHECK((what == "the server reports an error" || "twice the same key"s.starts_with(what)));
  }
}

TEST_CASE("Server messages: the tag of a COPY alone counts rows", "[postgres]") {
  CHECK(copied_rows("COPY 12\0"s) == 12);
  CHECK(copied_rows("COPY 18446744073709551615"s) == 18446744073709551615U);
  CHECK_FALSE(copied_rows("INSERT 0 3\0"s));
  CHECK_FALSE(copied_rows("SELECT 3\0"s));
  CHECK_FALSE(copied_rows("SET\0"s));
  CHECK(copied_rows("COPY \0 9"s) == 0);
  CHECK(copied_rows("COPY 99999999999999999999999\0"s) == 0);
  CHECK_FALSE(copied_rows(std::span<const char>()));
}

TEST_CASE("Server messages: the values of a row are text, empty text or NULL", "[postgres]") {
  const std::string body = "\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0"s;
  CHECK(values_in(body) == BesideRow{"ab", std::nullopt, ""});
  CHECK(values_in("\0\0"s).empty());
  for (std::size_t length = 0; length < body.size(); ++length) {
    // Memory of its own, so that a sanitizer sees a byte too many.
    const std::vector<char> cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
    const BesideRow row = values_in(cut);
    INFO(length);
    REQUIRE(row.size() <= 3);
    if (!row.empty()) CHECK("ab"s.starts_with(row.front().value_or("x")));
  }
  CHECK(values_in("\0\1\x7f\xff\xff\xffshort"s) == BesideRow{"short"});
}
