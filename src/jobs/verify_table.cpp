#include "leat/jobs/verify_table.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "jobs/copy_columns.hpp"
#include "jobs/difference_search.hpp"
#include "jobs/preflight.hpp"
#include "jobs/source_transaction.hpp"
#include "jobs/stream_job.hpp"
#include "jobs/survey.hpp"

namespace leat {
namespace {

using namespace jobs_detail;

// $1 the table's oid: its unique keys over whole columns and all rows, the primary key first, then the
// shortest.
constexpr const char* key_query = R"(
SELECT i.indexrelid, a.attname
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::pg_catalog.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid, k.position)";

// Of a value, and of a value of the key.
constexpr const char* most_characters = "61";
constexpr const char* most_key_characters = "200";

/// Positions of these columns among those that are compared; nullopt where one is missing.
std::optional<std::vector<std::size_t>> positions_of(std::span<const std::string> names,
                                                     std::span<const ComparedColumn> columns) {
  std::vector<std::size_t> positions;
  for (const auto& name : names) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&name](const ComparedColumn& c) { return c.name == name; });
    if (column == columns.end()) return std::nullopt;
    positions.push_back(static_cast<std::size_t>(column - columns.begin()));
  }
  return positions;
}

/// The key that a user names, or the best of the target's own; empty for none.
std::vector<std::size_t> key_columns(Connection& target, const TableInfo& table,
                                     std::span<const ComparedColumn> columns,
                                     const std::vector<std::string>& wanted, const std::stop_token& stop) {
  if (!wanted.empty()) {
    auto positions = positions_of(wanted, columns);
    if (positions) return *positions;
    throw Error(ErrorKind::config, "the key names a column that is not compared",
                {.hint = "name columns as the target has them"});
  }
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  const Result found = target.execute(key_query, oid, stop);
  for (std::size_t i = 0; i < found.rows();) {
    std::vector<std::string> names;
    const std::size_t first = i;
    for (; i < found.rows() && found.text(i, 0) == found.text(first, 0); ++i) {
      names.emplace_back(found.text(i, 1));
    }
    const auto positions = positions_of(names, columns);
    if (!positions) continue;
    const bool not_null = std::all_of(positions->begin(), positions->end(),
                                      [&](std::size_t p) { return columns[p].target_not_null; });
    if (not_null) return *positions;
  }
  return {};
}

/// A comparison from its first look at both sides on.
class Verification {
 public:
  Verification(const VerifyTableOptions& options, const std::stop_token& stop)
      : options_(options), stop_(stop) {}

  [[nodiscard]] VerifyReport run() {
    const auto started = SteadyClock::now();
    open();
    report_.equal = count();
    if (!report_.equal && options_.differences > 0) locate();
    for (auto& side : sides_) side.session->rollback();
    report_.elapsed = SteadyClock::now() - started;
    return std::move(report_);
  }

 private:
  /// What a side's server says of its table, in a snapshot of its own.
  TableFacts look_at(std::size_t number, const ResolvedConnection& where, const TableName& name,
                     ServerFacts& server, std::string& label) {
    auto& side = sides_[number];
    const ErrorKind kind = number == 0 ? ErrorKind::source : ErrorKind::target;
    side.session = connect(where, kind, stream_options(), stop_);
    const auto lock_error = begin_source(*side.session, std::span(&name, 1), stop_).front();
    server = survey_server(*side.session, stop_);
    TableFacts facts = lock_error ? survey_locked_table(*side.session, name, *lock_error, stop_)
                                  : survey_table(*side.session, name, stop_);
    label = where.label + ": " + (facts.info ? facts.info->name : name).display();
    if (facts.obstacle) {
      findings_.push_back(*facts.obstacle);
    } else if (facts.info->kind == RelationKind::other) {
      findings_.push_back({.code = "table_kind",
                           .side = kind,
                           .message = facts.info->name.display() + " is no table or view",
                           .sqlstate = "42809"});
    } else {
      const bool is_table = facts.info->kind == RelationKind::table;
      side.from = (is_table ? "ONLY " : "") + facts.info->name.sql();
    }
    return facts;
  }

  void open() {
    const auto from = TableName::parse(options_.from);
    const auto to = options_.to.empty() ? from : TableName::parse(options_.to);
    std::array<ServerFacts, 2> servers;
    const TableFacts source = look_at(0, options_.source, from, servers[0], report_.source);
    const TableFacts target = look_at(1, options_.target, to, servers[1], report_.target);
    throw_errors();
    sides_[0].where = options_.where;
    sides_[1].where = options_.target_where;
    check_condition(*sides_[0].session, *source.info, options_.where, stop_);
    check_condition(*sides_[1].session, *target.info, options_.target_where, stop_);
    match(source, target);
    if (servers[0].encoding == "SQL_ASCII" && servers[1].encoding == "SQL_ASCII") {
      for (auto& side : sides_) pass_text_as_it_is(*side.session, stop_);
    }
    const bool same_encoding = servers[0].encoding == servers[1].encoding;
    settle_printing(source, target);
    build_sql(*target.info, same_encoding);
    options_.log.info("comparing " + report_.source + " with " + report_.target);
  }

  void match(const TableFacts& source, const TableFacts& target) {
    const ColumnChoice choice{options_.columns, options_.exclude, options_.rename, options_.map};
    const auto columns = source_columns(*sides_[0].session, *source.info, choice, stop_);
    // What a copy cannot write can be compared all the same.
    TableInfo readable = *target.info;
    for (auto& column : readable.columns) column.generated = false;
    std::vector<Finding> found;
    const ColumnMatch matched = match_columns(columns, readable, found);
    std::erase_if(found, [](const Finding& finding) {
      return finding.severity != Severity::error || finding.code == "column_required";
    });
    findings_ = std::move(found);
    check_source(source, names_of(columns), findings_);
    std::vector<Finding> of_target;
    check_source(target, matched.targets, of_target);
    for (auto& finding : of_target) {
      finding.side = ErrorKind::target;
      findings_.push_back(std::move(finding));
    }
    throw_errors();
    columns_ = compare_columns(columns, matched, readable);
    for (const auto& column : columns_) {
      report_.columns.push_back(column.name);
      if (column.comparison.form == ValueForm::printed) {
        report_.by_text.push_back({.column = column.name, .reason = column.comparison.reason});
      }
    }
    std::string left_out;
    for (const auto& column : readable.columns) {
      const auto& names = report_.columns;
      if (std::find(names.begin(), names.end(), column.name) != names.end()) continue;
      left_out += (left_out.empty() ? "" : ", ") + quote_identifier(column.name);
    }
    if (!left_out.empty()) report_.remarks.push_back("not compared: " + left_out + " of the target");
  }

  /// Makes both sides print values alike.
  void settle_printing(const TableFacts& source, const TableFacts& target) {
    const auto is_plain = [](const TableFacts& facts, const std::string& where) {
      const auto kind = facts.info->kind;
      return where.empty() && (kind == RelationKind::table || kind == RelationKind::partitioned_table);
    };
    is_plain_target_ = is_plain(target, options_.target_where);
    const bool qualify = is_plain(source, options_.where) && options_.map.empty() && is_plain_target_;
    const auto settings = print_settings(*sides_[0].session, columns_, qualify, stop_);
    for (auto& side : sides_) static_cast<void>(apply(*side.session, settings, stop_));
    const bool prints_objects = std::any_of(columns_.begin(), columns_.end(),
                                            [](const auto& column) { return column.prints_objects; });
    if (prints_objects && !qualify) {
      report_.remarks.emplace_back(
          "names of objects (regclass and its like) are compared as each side's search_path has them");
    }
  }

  void build_sql(const TableInfo& target, bool same_encoding) {
    const HashMethod method =
        hash_method(sides_[0].session->server_version(), sides_[1].session->server_version(), same_encoding);
    key_columns_ = key_columns(*sides_[1].session, target, columns_, options_.key, stop_);
    std::vector<ComparedColumn> key;
    for (const std::size_t position : key_columns_) {
      key.push_back(columns_[position]);
      report_.key.push_back(columns_[position].name);
      const ValueForm form = columns_[position].comparison.form;
      const bool is_text = form == ValueForm::text || form == ValueForm::printed;
      parts_.push_back({.type = is_text ? (same_encoding ? "pg_catalog.text" : "pg_catalog.bytea")
                                        : columns_[position].type,
                        .is_text = is_text && same_encoding,
                        .is_utf8 = is_text && !same_encoding});
    }
    if (key.empty()) parts_.push_back({.type = "pg_catalog.int8"});
    add_side_sql(0, key, method);
    add_side_sql(1, key, method);
  }

  void add_side_sql(std::size_t number, std::span<const ComparedColumn> key, HashMethod method) {
    auto& side = sides_[number];
    const auto hash_sql = number == 0 ? source_hash_sql : target_hash_sql;
    const auto value_of = [number](const ComparedColumn& column) {
      return number == 0 ? column.source : column.target;
    };
    side.row_hash = hash_sql(columns_, method);
    side.key_hash = key.empty() ? side.row_hash : hash_sql(key, method);
    for (std::size_t i = 0; i < key.size(); ++i) {
      std::string sql = value_of(key[i]);
      if (parts_[i].is_text) sql = "(" + sql + ")::pg_catalog.text COLLATE pg_catalog.\"C\"";
      if (parts_[i].is_utf8) sql = "pg_catalog.convert_to((" + sql + ")::pg_catalog.text, 'UTF8')";
      side.key.push_back(std::move(sql));
      const bool not_null = number == 0 ? key[i].source_not_null : key[i].target_not_null;
      side.key_has_nulls = side.key_has_nulls || !not_null;
    }
    if (key.empty()) side.key.push_back(side.row_hash);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_key = std::find(key_columns_.begin(), key_columns_.end(), i) != key_columns_.end();
      side.values.push_back("pg_catalog.left((" + value_of(columns_[i]) + ")::pg_catalog.text, " +
                            (is_key ? most_key_characters : most_characters) + ")");
      side.hashes.push_back(hash_sql(std::span(&columns_[i], 1), method));
    }
  }

  /// Whether both sides have the same content.
  [[nodiscard]] bool count() {
    std::array<ContentHash, 2> contents;
    on_both(
        sides_,
        [&](std::size_t number, const std::stop_token& token) {
          auto& side = sides_[number];
          contents[number] = read_content(*side.session, side.row_hash,
                                          side.rows("").substr(std::string_view(" FROM ").size()), {}, token);
        },
        stop_);
    report_.source_rows = contents[0].rows;
    report_.target_rows = contents[1].rows;
    return contents[0] == contents[1];
  }

  void locate() {
    // For what is shown.
    if (is_plain_target_) {
      const Result zone =
          sides_[0].session->execute("SELECT pg_catalog.current_setting('TimeZone')", {}, stop_);
      static_cast<void>(apply(*sides_[1].session, {{"TimeZone", std::string(zone.text(0, 0))}}, stop_));
    }
    const KeyOrder order(parts_);
    const bool has_key = !key_columns_.empty();
    if (!has_key) {
      report_.remarks.emplace_back(
          "no key tells the rows apart, so those that only one side has are shown as they are; --key names "
          "one");
    }
    DifferenceSearch(sides_, order, has_key, key_columns_, report_).run(options_.differences, stop_);
    for (auto& difference : report_.differences) {
      for (auto& column : difference.columns) {
        cut(column.source);
        cut(column.target);
      }
    }
  }

  /// Leaves out the last of the characters that were fetched, which only shows that there are more.
  static void cut(ShownValue& value) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    if (!value || std::count_if(value->begin(), value->end(), begins) <= 60) return;
    while (!begins(value->back())) value->pop_back();
    value->pop_back();
    *value += "…";
  }

  void throw_errors() const {
    if (has_error(findings_)) throw to_error(findings_);
  }

  [[nodiscard]] StreamOptions stream_options() const {
    return {.limits = options_.limits, .application_name = options_.application_name, .log = options_.log};
  }

  const VerifyTableOptions& options_;
  const std::stop_token& stop_;
  std::array<VerifySide, 2> sides_;
  std::vector<ComparedColumn> columns_;
  std::vector<std::size_t> key_columns_;  // among those
  std::vector<KeyPart> parts_;
  std::vector<Finding> findings_;
  bool is_plain_target_ = false;  // a table, and no condition that settings could change
  VerifyReport report_;
};

}  // namespace

VerifyTable::VerifyTable(VerifyTableOptions options) : options_(std::move(options)) {
  if (options_.from.empty()) throw Error(ErrorKind::config, "from names no table");
  static_cast<void>(TableName::parse(options_.from));
  if (!options_.to.empty()) static_cast<void>(TableName::parse(options_.to));
  if (!options_.columns.empty() && !options_.exclude.empty()) {
    throw Error(ErrorKind::config, "columns can be included or excluded, not both");
  }
  constexpr std::size_t most_differences = 10000;
  if (options_.differences > most_differences) {
    throw Error(ErrorKind::config, "differences must be at most 10000");
  }
}

VerifyReport VerifyTable::run(std::stop_token stop) const {
  try {
    return Verification(options_, stop).run();
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, "the comparison was stopped");
  }
}

}  // namespace leat
