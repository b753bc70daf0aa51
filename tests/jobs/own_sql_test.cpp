// SQL of the user's own that the server refuses: the words are about that SQL, and so is the position.
#include <functional>

#include "bed.hpp"
#include "support/catch.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// SQL, the position of its error, and a part of what is said.
struct Refused {
  std::string sql;
  std::size_t position;
  std::string message;
};

void check_refused(const Error& error, const Refused& refused) {
  INFO(refused.sql << ": " << error.what());
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.sql() == refused.sql);
  CHECK(error.position() == refused.position);
  const std::string message = error.what();
  CHECK(message.find(refused.message) != std::string::npos);
  for (const char* wrapping : {"THEN", "CASE", "EXISTS", "END", "\")\""}) {
    CHECK(message.find(wrapping) == std::string::npos);
  }
}

void make_own_table(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, \"größe\" text)");
  bed.src("INSERT INTO t VALUES (1, 'x')");
}

}  // namespace

TEST_CASE("own SQL: a condition is refused at its own place", "[server]") {
  const Bed bed;
  make_own_table(bed);
  const std::vector<Refused> conditions{
      {"id >", 5, "syntax error at end of input"},
      {"id > -- all", 12, "syntax error at end of input"},
      {"(id > 1", 8, "syntax error at end of input"},
      {"id = 1 AND zz = 2", 12, "column \"zz\" does not exist"},
      {"\"größe\" = 'ä' AND\nzz", 19, "column \"zz\" does not exist"},
      {"id >> ", 7, "syntax error at end of input"},
      {"id", 1, "argument of WHERE must be type boolean, not type integer"},
      {"max(id) > 1", 1, "aggregate functions are not allowed in WHERE"},
      {"id = 1 WHEN id", 8, "syntax error at or near \"WHEN\""},
      {"nothing(id)", 1, "function nothing(integer) does not exist"},
      {"id > 1 /* all", 8, "unterminated /* comment at or near \"/* all\""},
      {"id = 1;", 7, "syntax error at or near \";\""},
  };
  for (const auto& condition : conditions) {
    auto options = bed.copy();
    options.table.where = condition.sql;
    check_refused(error_of(options), condition);
  }
  auto options = bed.copy();
  options.table.where = "id = 1) OR (id = 2";
  const Error error = error_of(options);
  CHECK(error.sqlstate() == "42601");
  CHECK(error.position() == 7);
}

TEST_CASE("own SQL: an expression is refused at its own place", "[server]") {
  const Bed bed;
  make_own_table(bed);
  const std::vector<Refused> expressions{
      {"upper(", 7, "syntax error at end of input"},
      {"'ä' || zz", 8, "column \"zz\" does not exist"},
      {"id +", 5, "syntax error at end of input"},
      {"nothing(id)", 1, "function nothing(integer) does not exist"},
      {"'ä", 1, "unterminated quoted string at or near \"'ä\""},
      {"'ä' /* /* */", 5, "unterminated /* comment at or near \"/* /* */\""},
  };
  for (const auto& expression : expressions) {
    auto options = bed.copy();
    options.table.map = {{"größe", expression.sql}};
    check_refused(error_of(options), expression);
  }
}

TEST_CASE("own SQL: a query is refused at its own place, whatever its parameters are called", "[server]") {
  const Bed bed;
  make_own_table(bed);
  const std::vector<Refused> queries{
      {"SELECT id FROM nowhere", 16, "relation \"nowhere\" does not exist"},
      {"SELECT id,\n  zz FROM t", 14, "column \"zz\" does not exist"},
      {"SELECT 'ä' AS größe, zz FROM t", 22, "column \"zz\" does not exist"},
      {"SELECT id FROM t WHERE id = :longer::int AND id = :b::int AND zz", 63,
       "column \"zz\" does not exist"},
      {"SELECT 'ä' AS v FROM t WHERE id = :typed AND zz > :typed", 46, "column \"zz\" does not exist"},
      {"SELECT :typed ORDER", 20, "syntax error at end of input"},
      {"SELECT id FROM t WHERE", 23, "syntax error at end of input"},
  };
  for (const auto& query : queries) {
    auto options = bed.query(query.sql);
    if (query.sql.find(":b") != std::string::npos) options.parameters = {{"longer", "1"}, {"b", "2"}};
    if (query.sql.find(":typed") != std::string::npos) {
      options.parameters = {{"typed", "1"}};
      options.parameter_types = {{"typed", "numeric(10,2)"}};
    }
    check_refused(error_of(options), query);
  }
}
