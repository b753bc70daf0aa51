#include "clone_databases.hpp"

#include <libpq-fe.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/catch.hpp"
#include "waits.hpp"

namespace leat::test {
namespace {

std::string on_server(const std::string& sql) {
  return server().psql("postgres", sql);
}

}  // namespace

std::string shell(const std::string& line) {
  std::FILE* const pipe = ::popen((line + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), count);
  }
  ::pclose(pipe);
  return out;
}

bool pg_dump_fits() {
  const std::string version = shell("pg_dump --version");
  constexpr std::string_view before = "(PostgreSQL) ";
  const auto at = version.find(before);
  if (at == std::string::npos) return false;
  const int server_major = std::atoi(on_server("SHOW server_version_num").c_str()) / 10000;
  return std::atoi(version.c_str() + at + before.size()) >= server_major;
}

void make_clone_databases(const std::string& sql) {
  for (const std::string name : {"clone_src", "clone_dst"}) {
    on_server("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    on_server("CREATE DATABASE " + name);
  }
  for (const std::string role : {"clone_owner", "clone_reader"}) {
    if (on_server("SELECT count(*) FROM pg_roles WHERE rolname = '" + role + "'") == "0\n") {
      on_server("CREATE ROLE " + role);
    }
  }
  server().psql("clone_src", sql);
}

Words clone_words(const Words& more) {
  return joined({"clone", "--source", server().uri("clone_src"), "--target", server().uri("clone_dst")},
                more);
}

std::string dump_of(const std::string& database, const std::string& options) {
  std::istringstream lines(shell("pg_dump " + options + " '" + server().uri(database) + "'"));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")) out += line + "\n";
  }
  return out;
}

void check_equal_clone() {
  CHECK(dump_of("clone_dst", "-s") == dump_of("clone_src", "-s"));
  CHECK(dump_of("clone_dst", "-a -b") == dump_of("clone_src", "-a -b"));
  CHECK(server().psql("clone_dst", "SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
}

std::vector<std::string> programs_at_work() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (has(line, "dbname='clone_") && has(line, server().socket_dir())) found.push_back(line);
  }
  return found;
}

void wait_until_programs_have_ended() {
  wait_until([] { return programs_at_work().empty(); });
}

void wait_until_restore_is_gated() {
  wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clone_dst' AND wait_event_type = 'Lock' AND "
      "application_name = 'leat clone: pg_restore'",
      "1");
}

const std::string& gated() {
  static const std::string sql =
      "CREATE FUNCTION gate(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM "
      "pg_catalog.pg_advisory_xact_lock_shared(77); RETURN i; END'; "
      "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int, a int REFERENCES a); "
      "INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 1000) i; INSERT INTO b SELECT i, i FROM "
      "generate_series(1, 1000) i; CREATE INDEX a_v ON a (v); CREATE INDEX b_gate ON b (gate(id)); "
      "CREATE PUBLICATION clone_pub FOR TABLE a; CREATE STATISTICS stat ON id, a FROM b";
  return sql;
}

GateHolder::GateHolder() : session_(::PQconnectdb(server().uri("clone_dst").c_str())) {
  run("SELECT pg_advisory_lock(77)");
}

GateHolder::~GateHolder() {
  ::PQfinish(session_);
}

void GateHolder::run(const char* sql) const {
  PGresult* const result = ::PQexec(session_, sql);
  const bool worked = ::PQresultStatus(result) == PGRES_TUPLES_OK;
  ::PQclear(result);
  REQUIRE(worked);
}

}  // namespace leat::test
