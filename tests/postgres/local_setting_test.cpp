#include "leat/postgres/session/detail/local_setting.hpp"

#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using leat::postgres_detail::DefinitionPath;
using leat::postgres_detail::LocalSetting;
using leat::postgres_detail::QualifiedNames;

namespace {

std::string now_set(leat::Connection& session, const std::string& name) {
  return std::string(session.execute("SHOW " + name).text(0, 0));
}

}  // namespace

TEST_CASE("local settings: names are qualified until they are restored", "[server]") {
  auto session = TestServer::instance().connect({.search_path = R"("Odd ""path", public)"});
  const auto path = now_set(session, "search_path");
  const auto printed = [&session] {
    return std::string(session.execute("SELECT 'public.qualified'::pg_catalog.regclass").text(0, 0));
  };
  session.begin();
  session.execute("CREATE TABLE public.qualified ()");
  REQUIRE(printed() == "qualified");
  QualifiedNames names(session, {});
  CHECK(printed() == "public.qualified");
  names.restore({});
  CHECK(printed() == "qualified");
  CHECK(now_set(session, "search_path") == path);
  session.execute(leat::postgres_detail::qualify_sql);
  CHECK(printed() == "public.qualified");
  session.rollback();
  CHECK(now_set(session, "search_path") == path);
}

TEST_CASE("local settings: none outlives its transaction", "[server]") {
  auto session = TestServer::instance().connect({.search_path = "public"});
  session.begin();
  const LocalSetting wait(session, "lock_timeout", "1234", {});
  const QualifiedNames names(session, {});
  CHECK(now_set(session, "lock_timeout") == "1234ms");
  CHECK(names.before() == "public");
  session.commit();
  CHECK(now_set(session, "lock_timeout") != "1234ms");
  CHECK(now_set(session, "search_path") == "public");
}

TEST_CASE("local settings: definitions find names of pg_catalog first, then the session's own", "[server]") {
  const std::string own = GENERATE("public", "");
  auto session = TestServer::instance().connect({.search_path = own});
  const auto usual = now_set(session, "search_path");
  session.begin();
  DefinitionPath path(session, {});
  CHECK(now_set(session, "search_path") == (own.empty() ? "pg_catalog" : "pg_catalog, public"));
  path.restore({});
  CHECK(now_set(session, "search_path") == usual);
  session.rollback();
}
