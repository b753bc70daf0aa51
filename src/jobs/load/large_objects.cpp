#include "jobs/load/large_objects.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/core/bytes.hpp"
#include "leat/data/detail/wire.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::select_sql;
using postgres_detail::SelectItem;

// What is read of an object at first, together with others, and at once of one that is larger.
constexpr std::size_t first_bytes = std::size_t{64} << 10U;
constexpr std::size_t more_bytes = std::size_t{1} << 20U;
constexpr const char* objects_at_once = "32";

// Values of a column that are looked at before the start, whatever the size of its table.
constexpr int first_values = 1000;

/// Bytes as hexadecimal digits behind "\x".
std::size_t bytes_in(std::string_view hex) {
  return (hex.size() - 2) / 2;
}

bool holds_objects(const TypeInfo& type) {
  return type.names_large_objects && type.base == oid::oid;
}

/// Inside of others, where nothing replaces them.
bool holds_objects_inside(const TypeInfo& type) {
  return std::any_of(type.parts.begin(), type.parts.end(),
                     [](const TypeInfo& part) { return holds_objects(part) || holds_objects_inside(part); });
}

/// SQL after SELECT: whether the first values of a column name large objects, and whether there are more.
std::string in_first_values(const TableInfo& table, const std::string& where, const SelectItem& item) {
  const SelectItem number{.sql = "(" + item.sql + ")::pg_catalog.oid", .is_column = false};
  const std::string has_value = "(" + item.sql + ") IS NOT NULL";
  return "pg_catalog.count(m.oid) > 0, pg_catalog.count(*) > " + std::to_string(first_values) + " FROM (" +
         select_sql(table, std::span(&number, 1),
                    where.empty() ? has_value : "(\n" + where + "\n) AND " + has_value) +
         " LIMIT " + std::to_string(first_values + 1) +
         ") AS s(o) LEFT JOIN pg_catalog.pg_largeobject_metadata AS m ON m.oid = s.o";
}

}  // namespace

std::vector<std::size_t> large_object_columns(const ColumnMatch& match,
                                              const std::vector<SourceColumn>& columns,
                                              const TableInfo& target) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < match.targets.size(); ++i) {
    const TypeInfo& from = find_by(columns, &SourceColumn::target, match.targets[i])->column.type;
    const TypeInfo& to = target.find(match.targets[i])->type;
    if (from.base != oid::oid || to.base != oid::oid) continue;
    if (holds_objects(from) || holds_objects(to)) positions.push_back(i);
  }
  return positions;
}

void check_large_objects(Connection& source, const TableInfo& table, const std::string& where,
                         const ColumnMatch& match, const std::vector<SourceColumn>& columns,
                         const std::vector<std::size_t>& copied, std::vector<Finding>& findings,
                         const std::stop_token& stop) {
  std::vector<std::size_t> asked;
  std::string questions;
  for (std::size_t i = 0; i < match.targets.size(); ++i) {
    const TypeInfo& type = find_by(columns, &SourceColumn::target, match.targets[i])->column.type;
    if (contains(copied, i) || (type.base != oid::oid && !holds_objects_inside(type))) continue;
    asked.push_back(i);
    questions += questions.empty() ? "SELECT " : " UNION ALL SELECT ";
    questions += type.base == oid::oid ? in_first_values(table, where, match.items[i]) : "true, true";
  }
  if (asked.empty()) return;
  if (source.execute("SELECT 1 FROM pg_catalog.pg_largeobject_metadata LIMIT 1", {}, stop).empty()) return;
  const Result found = source.execute_long(questions, {}, stop);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const bool names_some = found.boolean(i, 0);
    const bool has_more = found.boolean(i, 1);
    if (!names_some && !has_more) continue;
    const TableColumn& column = find_by(columns, &SourceColumn::target, match.targets[asked[i]])->column;
    const std::string name = "column " + quote_identifier(column.name) + " of " + table.name.display();
    const bool is_lo = holds_objects(column.type);
    findings.push_back(
        {.severity = Severity::warning,
         .code = "large_objects",
         .side = ErrorKind::source,
         .message =
             names_some
                 ? name + " holds numbers of large objects, which stay behind: in the target they name "
                          "none, or others"
                 : name + " may hold numbers of large objects: the source has such objects, and only " +
                       "the first " + std::to_string(first_values) +
                       " values were looked at, which name none. Objects that it names stay behind",
         .hint = (is_lo ? std::string("LargeObjectMode::copied brings them along; or ")
                        : "LargeObjectMode::copied brings those of columns of the type lo along; or ") +
                 "load what they hold into a bytea column (.map b=lo_get(" + quote_identifier(column.name) +
                 "))"});
  }
}

void tell_large_objects(const ColumnMatch& match, const TableInfo& target, std::vector<Finding>& findings) {
  for (const auto& name : match.targets) {
    if (!holds_objects(target.find(name)->type)) continue;
    findings.push_back(
        target_warning("large_objects",
                       "column " + quote_identifier(name) + " of " + target.name.display() +
                           " holds numbers of large objects, which a query does not bring along",
                       "copy the table (CopyTable with LargeObjectMode::copied), or load what they hold into "
                       "a bytea column (lo_get)"));
  }
}

std::string large_object_hash(const std::string& sql) {
  const std::string number = "(" + sql + ")::pg_catalog.oid";
  return "CASE WHEN " + number +
         " IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_largeobject_metadata AS leat_object "
         "WHERE leat_object.oid = " +
         number + ") THEN pg_catalog.sha256(pg_catalog.lo_get(" + number + ")) ELSE ''::pg_catalog.bytea END";
}

void LargeObjects::copy(Connection& source, Connection& target, const std::stop_token& stop) {
  new_numbers_.clear();
  bytes_ = 0;
  static_cast<void>(
      source.execute_long("DECLARE leat_objects NO SCROLL CURSOR FOR SELECT n.o, pg_catalog.lo_get(n.o, 0, " +
                              std::to_string(first_bytes) + ") FROM (" + numbers_ +
                              ") AS n(o) JOIN pg_catalog.pg_largeobject_metadata AS m ON m.oid = n.o",
                          {}, stop));
  while (true) {
    const Result found =
        source.execute_long(std::string("FETCH ") + objects_at_once + " FROM leat_objects", {}, stop);
    if (found.empty()) break;
    std::string beginnings;
    for (std::size_t i = 0; i < found.rows(); ++i) {
      // A backslash stands for itself in an array only if it is doubled.
      beginnings.append(i == 0 ? "{" : ",").append("\"\\").append(found.text(i, 1)).append("\"");
    }
    const std::array<Parameter, 1> parameter{beginnings + "}"};
    const Result made = target.execute_long(
        "SELECT u.n, pg_catalog.lo_from_bytea(0, u.b) FROM pg_catalog.unnest($1::pg_catalog.bytea[]) WITH "
        "ORDINALITY AS u(b, n)",
        parameter, stop);
    for (std::size_t i = 0; i < made.rows(); ++i) {
      const auto row = static_cast<std::size_t>(made.integer(i, 0)) - 1;
      new_numbers_.emplace(found.oid(row, 0), made.oid(i, 1));
      bytes_ += bytes_in(found.text(row, 1));
      if (bytes_in(found.text(row, 1)) == first_bytes) {
        copy_rest(source, target, found.oid(row, 0), made.oid(i, 1), stop);
      }
    }
  }
  static_cast<void>(source.execute("CLOSE leat_objects", {}, stop));
}

void LargeObjects::copy_rest(Connection& source, Connection& target, Oid from, Oid to,
                             const std::stop_token& stop) {
  for (std::uint64_t at = first_bytes;; at += more_bytes) {
    const std::string offset = std::to_string(at);
    const std::array<Parameter, 3> wanted{std::to_string(from), offset, std::to_string(more_bytes)};
    const Result part = source.execute_long(
        "SELECT pg_catalog.lo_get($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.int4)", wanted,
        stop);
    const std::size_t size = bytes_in(part.text(0, 0));
    if (size == 0) return;
    const std::array<Parameter, 3> given{std::to_string(to), offset, std::string(part.text(0, 0))};
    static_cast<void>(target.execute_long(
        "SELECT pg_catalog.lo_put($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.bytea)", given,
        stop));
    bytes_ += size;
    if (size < more_bytes) return;
  }
}

void LargeObjects::apply(RowBatch& batch) {
  constexpr std::uint32_t null_length = 0xffffffffU;
  constexpr std::size_t number_bytes = 4;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    const auto bytes = batch.mutable_row_bytes(row);
    std::size_t at = 2;  // behind the number of fields, which the reader has checked
    std::size_t field = 0;
    for (const std::size_t position : positions_) {
      for (; field <= position && at + number_bytes <= bytes.size(); ++field) {
        const auto length = detail::load<std::uint32_t>(bytes.data() + at);
        at += number_bytes;
        if (length == null_length) continue;
        if (field == position && length == number_bytes && at + number_bytes <= bytes.size()) {
          const auto found = new_numbers_.find(detail::load<std::uint32_t>(bytes.data() + at));
          if (found == new_numbers_.end()) {
            ++unknown_;
          } else {
            detail::store<std::uint32_t>(bytes.data() + at, found->second);
          }
        }
        at += length;
      }
    }
  }
}

std::string LargeObjects::note() const {
  std::string text = std::to_string(new_numbers_.size()) + " large objects (" +
                     format_bytes(ByteCount{bytes_}) + ") were copied, each as a new one";
  if (unknown_ > 0) {
    text += "; " + std::to_string(unknown_) + " values name none of the source's, and stay as they are";
  }
  return text;
}

}  // namespace leat::jobs_detail
