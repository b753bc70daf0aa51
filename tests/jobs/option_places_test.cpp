// Where a job connects, as a program writes it into its options.
#include <cstdlib>
#include <string>

#include "leat/core/error.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/jobs/options/join_options.hpp"
#include "leat/jobs/verify_table.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

std::string config_error_of(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    return to_text(error);
  }
  FAIL("nothing was thrown");
  return {};
}

}  // namespace

TEST_CASE("options: a string is a place to connect to, whose label has no secret", "[jobs]") {
  const std::string keywords = "host=db2 dbname=archive";
  const CopyTableOptions copy{
      .source = "postgresql://etl:secret@db1/shop", .target = keywords, .table = {.from = "orders"}};
  CHECK(copy.source.target.get("password") == "secret");
  CHECK(copy.source.label == "host=db1 dbname=shop user=etl");
  CHECK(copy.target.label == "host=db2 dbname=archive");
  const VerifyTableOptions verify{.source = std::string_view("postgresql://db1/shop"), .target = ""};
  CHECK(verify.source.label == "host=db1 dbname=shop");
  CHECK(verify.target.label == ResolvedConnection().label);
  JoinOptions join;
  join.source = "postgresql://db3/shop";
  CHECK(join.source->target.get("host") == "db3");
}

TEST_CASE("options: a target alone is named by what it says itself", "[jobs]") {
  const CopyTableOptions copy{.source = ConnectionTarget::parse("postgresql://etl@db1/shop"),
                              .target = ConnectionTarget()};
  CHECK(copy.source.label == "host=db1 dbname=shop user=etl");
  CHECK(copy.target.label == ResolvedConnection().label);
}

TEST_CASE("options: a string that is no place is refused where it stands", "[jobs]") {
  const auto id = config_error_of([] { static_cast<void>(CopyTableOptions{.source = "shop"}); });
  CHECK(id.find("connection id \"shop\" is not known") != std::string::npos);
  const auto keyword = config_error_of([] { static_cast<void>(CopyTableOptions{.source = "dbnam=shop"}); });
  CHECK(keyword.find("dbnam") != std::string::npos);
  const auto null = config_error_of(
      [] { static_cast<void>(CopyTableOptions{.source = std::getenv("LEAT_NO_SUCH_VARIABLE")}); });
  CHECK(null == "a connection is named by a null pointer\n");
  const auto secret =
      config_error_of([] { static_cast<void>(CopyTableOptions{.source = "postgresql://u:p@ss@h/d"}); });
  CHECK(secret.find("ss@") == std::string::npos);
}
