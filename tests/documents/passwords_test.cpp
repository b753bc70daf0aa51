// Passwords of any characters, which documents take from the environment.
#include <optional>
#include <string>

#include "documents/nasty_passwords.hpp"
#include "documents/parsed.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/substitution.hpp"
#include "support/catch.hpp"

namespace leat::test {

TEST_CASE("Passwords: a document's connection has exactly that of the environment", "[documents]") {
  CHECK(nasty_passwords().size() >= 20);
  for (const auto& password : nasty_passwords()) {
    const std::string url = "postgresql://etl:" + percent_encoded(password) + "@db1:5433/postgres";
    for (const auto& connection : connections_with_password("db1", "5433", "etl")) {
      INFO(connection << " with " << password);
      Parsed parsed = parse("leat: 1\nconnections:\n  shop: " + connection +
                            "\nsource: shop\ntarget: shop\nloads: [{from: a, to: b}]\n");
      REQUIRE(parsed.root);
      const ValueType type = value_types::structure(pipeline_fields());
      substitute(*parsed.root,
                 {.environment =
                      [&](const std::string& name) {
                        return std::optional<std::string>(name == "URL" ? url : password);
                      }},
                 parsed.diagnostics, &type);
      const auto document = read_pipeline(*parsed.root, parsed.diagnostics);
      CHECK(parsed.said().empty());
      REQUIRE(document.connections.contains("shop"));
      const auto& target = document.connections.at("shop").target;
      CHECK(target.get("password") == password);
      CHECK(target.get("host") == "db1");
      CHECK(target.get("port") == "5433");
      CHECK(target.get("user") == "etl");
      CHECK(target.get("dbname") == "postgres");
      CHECK(target.get("sslmode").empty());
    }
  }
}

}  // namespace leat::test
