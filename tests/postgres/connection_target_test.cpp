#include "leat/postgres/session/connection_target.hpp"

#include "leat/core/error.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using leat::ConnectionTarget;
using leat::quote_identifier;
using leat::redact_secrets;
using leat::TableName;

TEST_CASE("Identifiers: quotes are doubled, empty names and zero bytes are refused", "[postgres]") {
  CHECK(quote_identifier("orders") == "\"orders\"");
  CHECK(quote_identifier("a\"b") == "\"a\"\"b\"");
  CHECK(quote_identifier("Ünï code; DROP") == "\"Ünï code; DROP\"");
  CHECK_THROWS_AS(quote_identifier(""), leat::Error);
  CHECK_THROWS_AS(quote_identifier(std::string_view("a\0b", 3)), leat::Error);
}

TEST_CASE("Table names: read as SQL reads them, folded where they are not quoted", "[postgres]") {
  CHECK(TableName::parse("Orders") == TableName{"", "orders"});
  CHECK(TableName::parse("Sales.Orders") == TableName{"sales", "orders"});
  CHECK(TableName::parse("\"Mixed Case\".\"a.\"\"b\"") == TableName{"Mixed Case", "a.\"b"});
  CHECK(TableName::parse("\"Mixed Case\".\"a.\"\"b\"").sql() == "\"Mixed Case\".\"a.\"\"b\"");
  CHECK(TableName::parse("sales.\"Orders\"").display() == "sales.\"Orders\"");
  for (const char* bad : {"", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "a b", "\"\""}) {
    CAPTURE(bad);
    CHECK(error_of([&] { static_cast<void>(TableName::parse(bad)); }).kind() == leat::ErrorKind::config);
  }
}

TEST_CASE("Targets: URIs and keyword strings are read alike", "[postgres]") {
  for (const char* text :
       {"postgresql://etl:p%40ss@db1:6543/shop", "host=db1 port=6543 user=etl password=p@ss dbname=shop"}) {
    const auto target = ConnectionTarget::parse(text);
    CHECK(target.get("host") == "db1");
    CHECK(target.get("port") == "6543");
    CHECK(target.get("password") == "p@ss");
    CHECK(target.describe() == "host=db1 port=6543 dbname=shop user=etl");
  }
  CHECK(ConnectionTarget::parse("").parameters().empty());
  CHECK(ConnectionTarget::parse("").describe() == "libpq's environment");
}

TEST_CASE("Targets: what cannot be read is refused without being repeated", "[postgres]") {
  for (const char* text :
       {"postgresql://u:s3cret/x@h/db", "postgresql://u:12345/s3cret@h/db", "postgresql://u:12@s3cret@h/db",
        "postgres://u:1@2@s3cret@h", "postgresql://u:p@s3cret/x@h/db", "postgresql://u:s3cret",
        "postgresql://u:s3cret/db", "postgresql://u:s3cret?sslmode=disable", "postgresql://u:a%s3cret@h",
        "postgresql://[s3cret", "host=h password='s3cret", "s3cret=1", "host=h s3cret"}) {
    CAPTURE(text);
    const auto error = error_of([&] { static_cast<void>(ConnectionTarget::parse(text)); });
    CHECK(error.kind() == leat::ErrorKind::config);
    CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
    CHECK(error.hint().find("s3cret") == std::string_view::npos);
  }
  CHECK(ConnectionTarget::parse("postgresql://h:5432/db?application_name=a@b").get("host") == "h");
  CHECK(ConnectionTarget::parse("postgresql://h1:1,h2:2,[::1]:3/db").get("port") == "1,2,3");
  CHECK(ConnectionTarget::parse("postgresql://[::1]/db@x").get("dbname") == "db@x");
  CHECK(ConnectionTarget::parse("postgresql://u:p?q@h/db").get("password") == "p?q");
  CHECK(ConnectionTarget::parse("host=h password=a://b@c@d").get("password") == "a://b@c@d");
}

TEST_CASE("Targets: a word that is no parameter is named with the nearest one", "[postgres]") {
  const auto said = [](const std::string& text) {
    return std::string(error_of([&] { static_cast<void>(ConnectionTarget::parse(text)); }).what());
  };
  CHECK(said("host=h dbnam=shop") ==
        "a connection string has \"dbnam\", which is no parameter; did you mean dbname?");
  CHECK(said("postgresql://u:p@h/d?sslmod=require")
            .find("\"sslmod\", which is no parameter; did you mean "
                  "sslmode?") != std::string::npos);
  // Behind a password it may be a piece of that.
  const std::string behind = said("password=a dbnam=shop");
  CHECK(behind.find("dbnam\"") == std::string::npos);
  CHECK(behind.find("did you mean dbname?") != std::string::npos);
  for (const char* text :
       {"postgresql://u:p/x?hidden=y@h/db", "host=h password=a hidden=b", "postgresql:/u:hidden=x@h",
        "etl:hidden=@h", "passwd=a hidden=b", "postgresql://h/d?user=u&password=ge&hidden=x",
        "user=hidden password=my hidden=1"}) {
    CAPTURE(text);
    CHECK(said(text).find("hidden") == std::string::npos);
  }
  CHECK(said("host='a").find("a quote is not closed") != std::string::npos);
}

TEST_CASE("Targets: an id is told from a URI and a keyword string", "[postgres]") {
  CHECK(ConnectionTarget::looks_like_conninfo(""));
  CHECK(ConnectionTarget::looks_like_conninfo("postgres://h/db"));
  CHECK(ConnectionTarget::looks_like_conninfo("dbname=x"));
  CHECK_FALSE(ConnectionTarget::looks_like_conninfo("warehouse"));
}

TEST_CASE("Redaction: passwords in URIs and keyword strings are hidden, the rest stays", "[postgres]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"postgresql://u:s3cret@h:1/db", "postgresql://u:***@h:1/db"},
      {"postgresql://u:s3@cr@et@h/db", "postgresql://u:***@h/db"},
      {"postgresql://u:s3/cr?e\"t@h/db", "postgresql://u:***@h/db"},
      {"a://u:s3cret@h b://v:s3cret@i", "a://u:***@h b://v:***@i"},
      {"postgresql://u@h/db", "postgresql://u@h/db"},
      {"postgresql://h:1/db?password=s3cret&x=1", "postgresql://h:1/db?password=***&x=1"},
      {"host=h password=s3cret user=u", "host=h password=*** user=u"},
      {"host=h password = 's3 \\'cret' user=u", "host=h password=*** user=u"},
      {"host=h password=s3\\ cret user=u", "host=h password=*** user=u"},
      {"sslpassword=s3cret", "sslpassword=***"},
      {"no secret: passwordless", "no secret: passwordless"},
      {"password=", "password=***"},
  };
  for (const auto& [text, expected] : cases) CHECK(redact_secrets(text) == expected);
}

TEST_CASE("Targets: a string of any kind is one where a target is wanted", "[postgres]") {
  const ConnectionTarget literal = "postgresql://h:5432/db";
  CHECK(literal.get("host") == "h");
  const std::string text = "host=h port=1";
  const ConnectionTarget from_string = text;
  CHECK(from_string.get("port") == "1");
  const ConnectionTarget from_view = std::string_view(text).substr(0, 6);
  CHECK(from_view.describe() == "host=h");
  CHECK_THROWS_AS(ConnectionTarget("nonsense"), leat::Error);
  const char* const null = nullptr;
  CHECK_THROWS_AS(ConnectionTarget(null), leat::Error);
  CHECK_FALSE(std::is_constructible_v<ConnectionTarget, std::nullptr_t>);
  CHECK_FALSE(std::is_constructible_v<ConnectionTarget, int>);
}
