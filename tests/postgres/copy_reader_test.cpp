// A reader that is left before the end of its rows.
#include "leat/postgres/copy/copy_reader.hpp"

#include <memory>
#include <optional>
#include <string>

#include "leat/data/type_oids.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

std::shared_ptr<const Schema> numbers() {
  return std::make_shared<const Schema>(std::vector<Column>{{.name = "n", .type = oid::int8}},
                                        RowFormat::binary);
}

}  // namespace

TEST_CASE("CopyReader: one that is left in the middle of its rows closes the session", "[server]") {
  const auto path = GENERATE(CopyPath::automatic, CopyPath::libpq);
  auto session = Connection::open(TestServer::instance().target(), {.copy_path = path});
  const auto schema = numbers();
  {
    CopyReader reader(session, "COPY (SELECT generate_series(1::int8, 3000000)) TO STDOUT (FORMAT binary)",
                      schema, {.batch_bytes = ByteCount{4096}});
    REQUIRE(reader.read());
  }
  CHECK_FALSE(session.is_open());
}

TEST_CASE("CopyReader: a session goes on after the end of the rows, and after an error", "[server]") {
  const auto path = GENERATE(CopyPath::automatic, CopyPath::libpq);
  auto session = Connection::open(TestServer::instance().target(), {.copy_path = path});
  const auto schema = numbers();
  const std::string divisor = GENERATE("200000", "70000");
  try {
    CopyReader reader(session,
                      "COPY (SELECT 1 / (" + divisor +
                          " - n) FROM generate_series(1::int8, 100000) n) TO STDOUT (FORMAT binary)",
                      schema);
    while (reader.read()) {
    }
    CHECK(divisor == "200000");
  } catch (const Error& error) {
    CHECK(error.sqlstate() == "22012");
    CHECK(divisor == "70000");
  }
  REQUIRE(session.is_open());
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}
