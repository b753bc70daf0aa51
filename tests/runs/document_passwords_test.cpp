// Roles with passwords of any characters, which documents take from the environment.
#include <fstream>
#include <optional>
#include <string>

#include "documents/nasty_passwords.hpp"
#include "documents/parsed.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/substitution.hpp"
#include "leat/postgres/session/connection.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

namespace leat::test {

TEST_CASE("Passwords: the server lets in who has it from a document", "[server][sql]") {
  PrivateServer server;
  server.psql("postgres", "CREATE ROLE guarded LOGIN");
  {
    std::ofstream(server.data_dir() + "/pg_hba.conf")
        << "local all leat trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  }
  server.psql("postgres", "SELECT pg_reload_conf()");
  auto admin = Connection::open(ConnectionTarget::parse(server.uri()), {});
  for (const auto& password : nasty_passwords()) {
    admin.execute("ALTER ROLE guarded PASSWORD " + admin.quote_literal(password));
    const std::string port = std::to_string(server.port());
    const std::string url =
        "postgresql://guarded:" + percent_encoded(password) + "@127.0.0.1:" + port + "/postgres";
    for (const auto& connection : connections_with_password("127.0.0.1", port, "guarded")) {
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
      REQUIRE(parsed.said().empty());
      auto session = Connection::open(document.connections.at("shop").target, {});
      CHECK(session.execute("SELECT current_user").text(0, 0) == "guarded");
    }
  }
}

}  // namespace leat::test
