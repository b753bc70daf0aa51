#include "leat/core/error.hpp"

#include <string>
#include <tuple>

#include "support/catch.hpp"

using leat::Error;
using leat::ErrorKind;

namespace {

/// With a value of its own in each field.
Error full_error() {
  return {ErrorKind::source,
          "the message",
          {.sqlstate = "40001",
           .detail = "the detail",
           .hint = "the hint",
           .context = "the context",
           .where = "the place",
           .constraint = "the constraint",
           .column = "the column",
           .in_doubt = true,
           .sql = "the SQL",
           .position = 5}};
}

/// All that can be asked of an error; two that tell the same are equal.
auto all_of(const Error& error) {
  using Text = std::string;
  return std::tuple(error.kind(), Text(error.what()), Text(error.sqlstate()), Text(error.detail()),
                    Text(error.hint()), Text(error.context()), Text(error.where()), Text(error.constraint()),
                    Text(error.column()), error.in_doubt(), Text(error.sql()), error.position());
}

/// `changed` has this field from the full error, and nothing else differs.
template <std::size_t Field, class Value>
void require_only(const Error& changed, const Value& value) {
  auto wanted = all_of(full_error());
  REQUIRE(std::get<Field>(wanted) != value);
  std::get<Field>(wanted) = value;
  REQUIRE(all_of(changed) == wanted);
}

}  // namespace

TEST_CASE("Error: a copy with one field changed keeps all others", "[core]") {
  const Error error = full_error();
  require_only<0>(error.with_kind(ErrorKind::target), ErrorKind::target);
  require_only<1>(error.with_message("another"), "another");
  require_only<2>(error.with_sqlstate("08006"), "08006");
  require_only<3>(error.with_detail("another"), "another");
  require_only<4>(error.with_hint("another"), "another");
  require_only<4>(error.with_further_hint("another"), "the hint; another");
  require_only<6>(error.within("slice 7"), "slice 7, the place");
  require_only<9>(error.without_doubt(), false);
  require_only<11>(error.with_position(7), 7U);
  require_only<10>(error.in_sql("another", 5), "another");
  // The one that they were made from is as it was.
  REQUIRE(all_of(error) == all_of(full_error()));
}

TEST_CASE("Error: what is not known yet is added, and what is known stays", "[core]") {
  const Error bare(ErrorKind::target, "refused", {.sqlstate = "23505"});
  REQUIRE(bare.at("row 4").where() == "row 4");
  REQUIRE(bare.within("slice 7").where() == "slice 7");
  REQUIRE(bare.with_further_hint("look there").hint() == "look there");
  REQUIRE(bare.with_doubt().in_doubt());
  REQUIRE(all_of(bare.with_doubt().without_doubt()) == all_of(bare));
  REQUIRE(all_of(full_error().at("row 4")) == all_of(full_error()));
}

TEST_CASE("Error: what it says outlives the error that it was made from", "[core]") {
  const Error kept = [] {
    const Error first(ErrorKind::target, "the first message", {.hint = "the first hint"});
    return first.with_message("the second message").with_sqlstate("42501");
  }();
  REQUIRE(std::string(kept.what()) == "the second message");
  REQUIRE(kept.hint() == "the first hint");
  REQUIRE(kept.sqlstate() == "42501");
}
