// Names that are not there: the one that was probably meant is named.
#include "bed.hpp"
#include "leat/jobs/table_diff.hpp"
#include "leat/jobs/verify_table.hpp"
#include "listed_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_suggested(const Bed& bed) {
  bed.both(
      "SET client_min_messages = error; DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales; CREATE "
      "TABLE "
      "sales.orders (id int PRIMARY KEY, \"Note\" text); CREATE TABLE t (customer int PRIMARY KEY, amount "
      "int); "
      "CREATE TABLE \"Camel1\" (a int)");
}

void check_suggests(const Error& error, const std::string& name) {
  INFO(error.what());
  CHECK(std::string(error.what()).find("; did you mean " + name + "?") != std::string::npos);
}

}  // namespace

TEST_CASE("suggestions: tables", "[server]") {
  const Bed bed;
  make_suggested(bed);
  const auto [asked, meant] = GENERATE(table<std::string, std::string>({
      {"sales.order", "sales.orders"},
      {"sales.Orders2", "sales.orders"},
      {"sale.orders", "sales.orders"},
      {"elsewhere.orders", "sales.orders"},
      {"ordrs", "sales.orders"},
      {"camel1", "public.\"Camel1\""},
  }));
  auto options = bed.copy();
  SECTION("of the source") {
    options.table.from = asked;
    options.table.to = "t";
    check_suggests(error_of(options), meant);
  }
  SECTION("of the target") {
    options.table.to = asked;
    check_suggests(error_of(options), meant);
  }
  SECTION("in a query") {
    const Error error = error_of(bed.query("SELECT id FROM " + asked + " WHERE id > 0"));
    check_suggests(error, meant);
    CHECK(error.position() == 16);
  }
  bed.both("DROP SCHEMA sales CASCADE");
}

TEST_CASE("suggestions: nothing is proposed for what is far from everything", "[server]") {
  const Bed bed;
  make_suggested(bed);
  auto options = bed.copy();
  options.table.from = GENERATE("public.warehouse_stock", "x", "tt");
  CHECK(std::string(error_of(options).what()).find("did you mean") == std::string::npos);
  bed.both("DROP SCHEMA sales CASCADE");
}

TEST_CASE("suggestions: columns, wherever they are named", "[server]") {
  const Bed bed;
  make_suggested(bed);
  auto options = bed.copy();
  SECTION("to copy") {
    options.table.columns = {"costumer"};
    check_suggests(error_of(options), "customer");
  }
  SECTION("to leave out, with its capital letter") {
    options.table.from = "sales.orders";
    options.table.exclude = {"note"};
    check_suggests(error_of(options), "\"Note\"");
  }
  SECTION("to rename") {
    options.table.rename = {{"amont", "amount"}};
    check_suggests(error_of(options), "amount");
  }
  SECTION("that the target lacks") {
    options.table.rename = {{"amount", "amuont"}};
    check_suggests(error_of(options), "amount");
  }
  SECTION("of a key") {
    options.mode = WriteMode::upsert;
    options.key = {"custom"};
    check_suggests(error_of(options), "customer");
  }
  bed.both("DROP SCHEMA sales CASCADE");
}

TEST_CASE("suggestions: patterns", "[server]") {
  const Bed bed;
  make_suggested(bed);
  const auto [pattern, meant] = GENERATE(table<std::string, std::string>({
      {"public.Camel*", "public.\"Camel\"*"},
      {"Camel?", "\"Camel\"?"},
      {"public.\"Camel*\"", "public.\"Camel\"*"},
      {"\"sales.orders\"", "sales.orders"},
      {"sales.ordes", "sales.orders"},
      {"camel1", "\"Camel1\""},
  }));
  check_suggests(refused_listing({pattern}), meant);
  if (pattern.find_first_of("*?") == std::string::npos)
    check_suggests(refused_listing({"t"}, {pattern}), meant);
  bed.both("DROP SCHEMA sales CASCADE");
}
