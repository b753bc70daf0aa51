#include "postgres/session/statement_text.hpp"

#include "support/catch.hpp"

using leat::postgres_detail::statement_text;

TEST_CASE("statement text: texts in quotes are hidden, and all stands in one line", "[postgres]") {
  CHECK(statement_text("SELECT 1") == "SELECT 1");
  CHECK(statement_text("SELECT  a\n FROM \"it's\" ;\n") == "SELECT a FROM \"it's\" ;");
  CHECK(statement_text("WHERE v = 's3cret' AND w = 'a''s3cret' || x") == "WHERE v = '…' AND w = '…' || x");
  CHECK(statement_text("SELECT E'a\\'s3cret', e'\\\\', name'x'") == "SELECT E'…', e'…', name'…'");
  CHECK(statement_text("SELECT $$s3cret'$$, $x$s3cret$$$x$, $1, a$b$c") == "SELECT '…', '…', $1, a$b$c");
  CHECK(statement_text("SELECT 1 -- s3cret'\n, 2 /* s3cret' */, 3") == "SELECT 1 , 2 , 3");
  CHECK(statement_text("ALTER ROLE x PASSWORD 's3cret") == "ALTER ROLE x PASSWORD '…'");
  const std::string longer = statement_text("SELECT " + std::string(5000, 'x'));
  CHECK(longer.size() < 4100);
  CHECK(longer.ends_with("x…"));
}
