#include "jobs/prepare/job_identity.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <random>

#include "jobs/prepare/transform_json.hpp"
#include "jobs/report/document.hpp"
#include "leat/data/detail/parse.hpp"

namespace leat::jobs_detail {
namespace {

/// Without what is not set.
Document incremental_command(const IncrementalOptions& options) {
  Document command{{"column", options.column}};
  for (const auto& [name, value] : {std::pair("name", options.name), std::pair("lag", options.lag),
                                    std::pair("initial", options.initial)}) {
    if (!value.empty()) command[name] = value;
  }
  if (options.bound != IncrementalBound::column) command["bound"] = to_string(options.bound);
  if (options.backfill) command["backfill"] = options.backfill->from + ".." + options.backfill->to;
  return command;
}

Document job_command(const CopyTableOptions& options) {
  const auto name = [](const std::string& text) { return TableName::parse(text).display(); };
  Document command{{"from", options.source.store.empty() ? name(options.table.from) : options.table.from},
                   {"to", name(options.table.target_name())},
                   {"mode", to_string(options.mode)},
                   {"key", options.key},
                   {"columns", options.table.columns},
                   {"exclude", options.table.exclude},
                   {"rename", options.table.rename},
                   {"map", options.table.map},
                   {"where", options.table.where},
                   {"row_hook", static_cast<bool>(options.transform)},
                   {"triggers", options.stream.triggers == Triggers::fire ? "fire" : "disable"},
                   {"published", options.mode != WriteMode::append ||
                                     options.delivery.on_lost_snapshot == OnLostSnapshot::redo}};
  if (options.incremental) command["incremental"] = incremental_command(*options.incremental);
  // Of what else could be chosen it makes other rows alone.
  if (options.table.inheritance == Inheritance::tree) command["inheritance"] = to_string(Inheritance::tree);
  return command;
}

/// Of the command with one member more, which comes first.
std::string hash_of(const char* member, const std::string& value, const Document& command) {
  Document whole{{member, value}};
  for (const auto& [name, part] : command.items()) whole[name] = part;
  return text_hash(json_text(whole));
}

}  // namespace

JobRequest job_request(const CopyTableOptions& options, const JobSource& source) {
  JobRequest request{.job = options.delivery.job};
  Document command = job_command(options);
  // With the label as it was typed alone.
  request.earlier_hashes = {hash_of("source", options.source.label, command)};
  // Names may be found by them.
  if (options.source.schema) command["source_schema"] = *options.source.schema;
  if (options.target.schema) command["target_schema"] = *options.target.schema;
  // With what a session was connected, where the server did not tell which one it is.
  request.earlier_hashes.push_back(hash_of("source", source.label, command));
  request.hash = source.database.empty() ? hash_of("source", source.label, command)
                                         : hash_of("source_database", source.database, command);
  request.texts = json_text({{"map", command["map"]}, {"where", command["where"]}});
  command.erase("map");
  command.erase("where");
  command["source"] = source.label;
  if (!source.database.empty()) command["source_database"] = source.database;
  request.description = json_text(command);
  return request;
}

JobRequest query_job_request(const AdHocQueryOptions& options, const JobSource& source) {
  JobRequest request{.job = options.delivery.job};
  Document parameters = Document::object();
  for (const auto& [name, value] : options.parameters) {
    parameters[name] = value ? Document(*value) : Document();
  }
  const Document texts{
      {"sql", options.sql}, {"parameters", parameters}, {"parameter_types", options.parameter_types}};
  Document command{{"query", true},
                   {"to", TableName::parse(options.to).display()},
                   {"mode", to_string(options.mode)},
                   {"key", options.key},
                   {"row_hook", static_cast<bool>(options.transform)},
                   {"triggers", options.stream.triggers == Triggers::fire ? "fire" : "disable"}};
  if (options.incremental) command["incremental"] = incremental_command(*options.incremental);
  if (options.source.schema) command["source_schema"] = *options.source.schema;
  if (options.target.schema) command["target_schema"] = *options.target.schema;
  Document whole{{"source", source.database.empty() ? source.label : source.database}};
  for (const auto& [name, value] : command.items()) whole[name] = value;
  for (const auto& [name, value] : texts.items()) whole[name] = value;
  if (!options.sql_transforms.empty()) whole["transforms"] = transforms_text(options.sql_transforms);
  if (options.checked_casts) whole["checked_casts"] = true;
  if (options.place == TransformPlace::target) whole["place"] = to_string(options.place);
  request.hash = text_hash(json_text(whole));
  request.texts = json_text(texts);
  command["source"] = source.label;
  if (!source.database.empty()) command["source_database"] = source.database;
  request.description = json_text(command);
  return request;
}

std::string text_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  std::string hex;
  for (unsigned byte = 8; byte > 0; --byte) {
    detail::append_hex(hex, static_cast<std::byte>(hash >> (8 * (byte - 1))));
  }
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

std::string snapshot_identity(Connection& source, const std::string& database, const std::stop_token& stop) {
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
  return database + " " + std::string(found.text(0, 0));
}

std::string files_of_table(Connection& session, Oid table, const std::stop_token& stop) {
  const std::array<Parameter, 1> oid{std::to_string(table)};
  const Result found = session.execute(
      "SELECT pg_catalog.string_agg(t.oid::pg_catalog.text || ':' || "
      "COALESCE(pg_catalog.pg_relation_filenode(t.oid), 0)::pg_catalog.text, ',' ORDER BY t.oid) FROM "
      "(SELECT $1::pg_catalog.oid AS oid UNION SELECT relid::pg_catalog.oid FROM "
      "pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass)) t",
      oid, stop);
  const std::string files(found.text(0, 0));
  constexpr std::size_t longest = 40;
  return files.size() <= longest ? files : text_hash(files);
}

}  // namespace leat::jobs_detail
