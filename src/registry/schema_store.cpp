#include "registry/schema_store.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "registry/schema_json.hpp"
#include "registry/schema_tables.hpp"

namespace leat::registry_detail {
namespace {

Connection open_store(const SchemaRegistryOptions& options, const std::stop_token& stop) {
  SessionOptions session{.side = ErrorKind::target,
                         .application_name = options.application_name,
                         .log = options.log,
                         .connect_timeout = options.limits.connect_timeout,
                         .lock_timeout = options.limits.lock_timeout,
                         .statement_timeout = options.limits.statement_timeout};
  if (options.limits.silence_timeout) session.silence_timeout = *options.limits.silence_timeout;
  if (options.store.schema) session.search_path = quote_identifier(*options.store.schema);
  return Connection::open(options.store.target, std::move(session), stop);
}

/// Runs `body` with a session of its own; a stop becomes an error.
template <class Body>
auto with_store(const SchemaRegistryOptions& options, const std::stop_token& stop, const Body& body) {
  try {
    Connection connection = open_store(options, stop);
    return body(connection);
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, "it was stopped");
  }
}

SchemaOrigin parse_origin(std::string_view text) {
  for (const auto origin : {SchemaOrigin::table, SchemaOrigin::transform, SchemaOrigin::load}) {
    if (to_string(origin) == text) return origin;
  }
  return SchemaOrigin::declared;
}

SchemaRule rule_of(std::string_view text) {
  const auto rule = parse_schema_rule(text);
  if (rule) return *rule;
  throw Error(ErrorKind::target,
              "leat_meta has a rule for schemas that this leat does not know: " + std::string(text));
}

std::vector<int> numbers_of(std::string_view array) {
  std::vector<int> numbers;
  while (!array.empty()) {
    array.remove_prefix(1);  // '{' or ','
    int number = 0;
    const auto [end, failure] = std::from_chars(array.data(), array.data() + array.size(), number);
    if (failure != std::errc{}) break;
    numbers.push_back(number);
    array.remove_prefix(static_cast<std::size_t>(end - array.data()));
  }
  return numbers;
}

std::string array_of(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return "{" + text + "}";
}

SubjectState read_state(Connection& connection, const std::string& subject, const std::stop_token& stop) {
  const std::array<Parameter, 1> name{subject};
  SubjectState state;
  const Result rule =
      connection.execute("SELECT rule FROM leat_meta.schema_rules WHERE subject = $1", name, stop);
  if (!rule.empty()) state.rule = rule_of(rule.text(0, 0));
  const Result found = connection.execute(
      "SELECT version, columns, properties, origin, rule, checked_against, description, created_at, "
      "created_by, pg_catalog.encode(sha256, 'hex') FROM leat_meta.schemas WHERE subject = $1 ORDER BY "
      "version",
      name, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    SchemaVersion version{.subject = subject,
                          .version = static_cast<int>(found.integer(i, 0)),
                          .schema = schema_of(std::string(found.text(i, 1)), std::string(found.text(i, 2))),
                          .origin = parse_origin(found.text(i, 3)),
                          .rule = rule_of(found.text(i, 4)),
                          .checked_against = numbers_of(found.text(i, 5)),
                          .created_at = std::string(found.text(i, 7)),
                          .created_by = std::string(found.text(i, 8)),
                          .sha256 = std::string(found.text(i, 9))};
    version.schema.description = found.text(i, 6);
    state.versions.push_back(std::move(version));
  }
  return state;
}

void write_version(Connection& connection, const SchemaVersion& version, const std::stop_token& stop) {
  const std::array<Parameter, 9> values{version.subject,
                                        std::to_string(version.version),
                                        json_line(columns_document(version.schema)),
                                        json_line(properties_document(version.schema)),
                                        to_json(version.schema),
                                        std::string(to_string(version.origin)),
                                        to_string(version.rule),
                                        array_of(version.checked_against),
                                        version.schema.description};
  static_cast<void>(connection.execute(
      "INSERT INTO leat_meta.schemas (subject, version, columns, properties, sha256, origin, rule, "
      "checked_against, description) VALUES ($1, $2, $3, $4, "
      "pg_catalog.sha256(pg_catalog.convert_to($5, 'UTF8')), $6, $7, $8, $9)",
      values, stop));
}

void write_subject(Connection& connection, const std::string& subject, const SubjectWrite& write,
                   const std::stop_token& stop) {
  if (write.rule) {
    const std::array<Parameter, 2> values{subject, to_string(*write.rule)};
    static_cast<void>(
        connection.execute("UPDATE leat_meta.schema_rules SET rule = $2 WHERE subject = $1", values, stop));
  }
  if (write.version) write_version(connection, *write.version, stop);
  if (write.load) {
    const std::array<Parameter, 3> values{subject, write.load->load, std::to_string(write.load->version)};
    static_cast<void>(connection.execute(
        "INSERT INTO leat_meta.schema_loads (subject, load, version) VALUES ($1, $2, $3) ON CONFLICT "
        "(subject, load) DO UPDATE SET version = EXCLUDED.version, seen_at = pg_catalog.clock_timestamp()",
        values, stop));
  }
}

/// Until the end of the transaction nobody else changes the subject; one that is new is there from now on.
void lock_subject(Connection& connection, const std::string& subject, const std::stop_token& stop) {
  const std::array<Parameter, 2> values{subject, to_string(SchemaRule{})};
  static_cast<void>(connection.execute(
      "INSERT INTO leat_meta.schema_rules (subject, rule) VALUES ($1, $2) ON CONFLICT DO NOTHING", values,
      stop));
  const std::array<Parameter, 1> name{subject};
  static_cast<void>(
      connection.execute("SELECT FROM leat_meta.schema_rules WHERE subject = $1 FOR UPDATE", name, stop));
}

}  // namespace

SubjectState StoredSchemas::read(const std::string& subject, const std::stop_token& stop) {
  return with_store(options_, stop, [&](Connection& connection) {
    return has_schema_tables(connection, stop) ? read_state(connection, subject, stop) : SubjectState{};
  });
}

std::vector<SchemaSubject> StoredSchemas::list(const std::stop_token& stop) {
  return with_store(options_, stop, [&](Connection& connection) {
    std::vector<SchemaSubject> all;
    if (!has_schema_tables(connection, stop)) return all;
    const Result found = connection.execute(
        "SELECT r.subject, r.rule, pg_catalog.count(s.version), pg_catalog.max(s.created_at) FROM "
        "leat_meta.schema_rules r LEFT JOIN leat_meta.schemas s ON s.subject = r.subject GROUP BY r.subject, "
        "r.rule ORDER BY r.subject",
        {}, stop);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      all.push_back({.subject = std::string(found.text(i, 0)),
                     .rule = rule_of(found.text(i, 1)),
                     .versions = static_cast<int>(found.integer(i, 2)),
                     .changed_at = std::string(found.text(i, 3))});
    }
    return all;
  });
}

std::vector<SchemaLoad> StoredSchemas::loads(const std::string& subject, const std::stop_token& stop) {
  return with_store(options_, stop, [&](Connection& connection) {
    std::vector<SchemaLoad> all;
    if (!has_schema_tables(connection, stop)) return all;
    const std::array<Parameter, 1> name{subject};
    const Result found = connection.execute(
        "SELECT load, version, seen_at FROM leat_meta.schema_loads WHERE subject = $1 ORDER BY load", name,
        stop);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      all.push_back({.load = std::string(found.text(i, 0)),
                     .version = static_cast<int>(found.integer(i, 1)),
                     .seen_at = std::string(found.text(i, 2))});
    }
    return all;
  });
}

void StoredSchemas::change(const std::string& subject,
                           const std::function<SubjectWrite(const SubjectState&)>& decide,
                           const std::stop_token& stop) {
  with_store(options_, stop, [&](Connection& connection) {
    if (!has_schema_tables(connection, stop)) make_schema_tables(connection, stop);
    postgres_detail::in_new_transaction(connection, stop, [&] {
      lock_subject(connection, subject, stop);
      SubjectState state = read_state(connection, subject, stop);
      // The row that was made for the lock says nothing yet.
      if (state.versions.empty()) state.rule.reset();
      const SubjectWrite write = decide(state);
      if (write.empty()) {
        connection.rollback();
        return;
      }
      write_subject(connection, subject, write, stop);
      connection.commit(stop);
    });
  });
}

}  // namespace leat::registry_detail
