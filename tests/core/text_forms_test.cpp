// What a program shows to people by one call.
#include <sstream>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace leat::literals;
using leat::Error;
using leat::ErrorKind;

namespace {

template <class T>
std::string streamed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

TEST_CASE("to_text: an error has its side, SQLSTATE and message, then a line of each thing that is known",
          "[core]") {
  const Error error(ErrorKind::target, "duplicate key value",
                    {.sqlstate = "23505",
                     .detail = "Key (id)=(1) already exists.",
                     .hint = "use --mode upsert",
                     .context = "COPY t, line 7",
                     .where = "slice 3",
                     .work = {.rows_read = 1234,
                              .rows_written = 1200,
                              .rows_committed = 1000,
                              .slices_total = 4,
                              .slices_done = 2}});
  CHECK(to_text(error) ==
        "target: 23505: duplicate key value\n"
        "  detail: Key (id)=(1) already exists.\n"
        "  context: COPY t, line 7\n"
        "  where: slice 3\n"
        "  done: 1,234 rows read, 1,200 written, 1,000 committed (2 of 4 slices)\n"
        "  hint: use --mode upsert\n");
}

TEST_CASE("to_text: an error of which only the message is known is one line", "[core]") {
  CHECK(to_text(Error(ErrorKind::config, "from names no table")) == "from names no table\n");
  CHECK(to_text(Error(ErrorKind::cancelled, "the job was stopped")) == "the job was stopped\n");
  CHECK(to_text(Error(ErrorKind::source, "x")) == "source: x\n");
  CHECK(to_text(Error(ErrorKind::transform, "x")) == "transform: x\n");
  CHECK(to_text(Error(ErrorKind::verify, "x")) == "verify: x\n");
}

TEST_CASE("to_text: an error in SQL of the user's own points at the character", "[core]") {
  const Error error = Error(ErrorKind::source, "syntax error", {.sqlstate = "42601"}).in_sql("a >\n  b b", 9);
  CHECK(to_text(error) ==
        "source: 42601: syntax error\n"
        "  line 2:   b b\n"
        "              ^\n");
  CHECK(to_text(Error(ErrorKind::source, "x").in_sql("a > 1", 0)) == "source: x\n  sql: a > 1\n");
}

TEST_CASE("to_text: nothing that a server says controls the terminal", "[core]") {
  const Error error(ErrorKind::target, "no \x1b[31mrow", {.detail = "a\rb", .hint = "two\nlines"});
  CHECK(to_text(error) == "target: no ?[31mrow\n  detail: a?b\n  hint: two\nlines\n");
}

TEST_CASE("operator<<: an error and a number of bytes stand in a line of the program's own", "[core]") {
  const Error error(ErrorKind::source, "no table", {.sqlstate = "42P01", .hint = "make it"});
  CHECK(streamed(error) == "source: 42P01: no table\n  hint: make it");
  CHECK(streamed(512_B) == "512 B");
  CHECK(streamed(64_MiB) == "64.0 MiB");
}
