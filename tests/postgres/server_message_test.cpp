// What the bodies of a server's messages say.
#include "postgres/copy/server_message.hpp"

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

TEST_CASE("Server messages: a tag without a number counts nothing", "[postgres]") {
  CHECK(tag_number("COPY 12\0"s) == 12);
  CHECK(tag_number("INSERT 0 3\0"s) == 3);
  CHECK(tag_number("COPY 18446744073709551615"s) == 18446744073709551615U);
  CHECK(tag_number("SET\0"s) == 0);
  CHECK(tag_number("COPY \0 9"s) == 0);
  CHECK(tag_number("COPY 99999999999999999999999\0"s) == 0);
  CHECK(tag_number(std::span<const char>()) == 0);
}
