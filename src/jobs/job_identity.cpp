#include "jobs/job_identity.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <random>

#include "jobs/document.hpp"
#include "jobs/survey.hpp"

namespace leat::jobs_detail {

std::string job_description(const CopyTableOptions& options) {
  const auto name = [](const std::string& text) { return TableName::parse(text).display(); };
  const Document json{{"source", options.source.label},
                      {"from", name(options.from)},
                      {"to", name(options.to.empty() ? options.from : options.to)},
                      {"mode", to_string(options.mode)},
                      {"key", options.key},
                      {"columns", options.columns},
                      {"exclude", options.exclude},
                      {"rename", options.rename},
                      {"map", options.map},
                      {"where", options.where},
                      {"row_hook", static_cast<bool>(options.transform)},
                      {"triggers", options.stream.triggers == Triggers::fire ? "fire" : "disable"},
                      {"published", options.mode != WriteMode::append ||
                                        options.delivery.on_lost_snapshot == OnLostSnapshot::redo}};
  return json_text(json);
}

std::string text_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += digits[(hash >> static_cast<unsigned>(shift)) & 15U];
  return hex;
}

std::string job_holder() {
  std::array<char, 256> host{};
  const bool has_name = ::gethostname(host.data(), host.size() - 1) == 0;
  std::random_device random;
  const std::string start = text_hash(std::to_string(random()) + " " + std::to_string(random()));
  return std::string("host ") + (has_name ? host.data() : "?") + ", process " + std::to_string(::getpid()) +
         ", start " + start.substr(0, 8);
}

std::string snapshot_identity(Connection& source, const std::stop_token& stop) {
  // The older name is there on every server, and says the same.
  const Result found =
      source.execute("SELECT pg_catalog.txid_current_snapshot(), pg_catalog.pg_is_in_recovery()", {}, stop);
  // A standby does not print which transactions were at work, so that different snapshots look alike.
  if (found.boolean(0, 1)) {
    std::random_device random;
    std::string number;
    for (int i = 0; i < 4; ++i) number += " " + std::to_string(random());
    return "standby" + number;
  }
  return database_identity(source, stop) + " " + std::string(found.text(0, 0));
}

std::string files_of_table(Connection& session, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table)};
  const Result found = session.execute(
      "SELECT pg_catalog.string_agg(t.oid::pg_catalog.text || ':' || "
      "COALESCE(pg_catalog.pg_relation_filenode(t.oid), 0)::pg_catalog.text, ',' ORDER BY t.oid) FROM "
      "(SELECT "
      "$1::pg_catalog.oid AS oid UNION SELECT relid::pg_catalog.oid FROM "
      "pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass)) t",
      oid, stop);
  const std::string files(found.text(0, 0));
  constexpr std::size_t longest = 40;
  return files.size() <= longest ? files : text_hash(files);
}

}  // namespace leat::jobs_detail
