#include "jobs/prepare/incremental_bounds.hpp"

#include <vector>

#include "jobs/options/sql_text.hpp"
#include "jobs/report/document.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {
namespace {

// Numbers of transactions on rows have 32 bits. The one that a row has is the latest with these bits that is
// not later than the snapshot: rows of the last four thousand million transactions are told exactly, since
// numbers are not used again while a row needs its own, and of older ones some are read again. The older name
// of the function is there on every server.
constexpr const char* next_transaction =
    "(SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()))";

std::string written_since(std::int64_t transaction) {
  const std::string number = "xmin::pg_catalog.text::pg_catalog.int8";
  // 1 and 2 are those of rows that are older than all.
  return "(" + number + " > 2 AND ((" + next_transaction + " - " + number +
         ") & 4294967295) <= " + next_transaction + " - " + std::to_string(transaction) + ")";
}

template <class Value>
std::optional<Value> optional_member(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->template get<Value>();
}

}  // namespace

std::optional<WatermarkType> watermark_type(Oid type) {
  switch (type) {
    case oid::int2:
      return WatermarkType{"pg_catalog.int2", WatermarkKind::whole, "-32768"};
    case oid::int4:
      return WatermarkType{"pg_catalog.int4", WatermarkKind::whole, "-2147483648"};
    case oid::int8:
      return WatermarkType{"pg_catalog.int8", WatermarkKind::whole, "-9223372036854775808"};
    case oid::numeric:
      return WatermarkType{"pg_catalog.numeric", WatermarkKind::numeric, ""};
    case oid::date:
      return WatermarkType{"pg_catalog.date", WatermarkKind::date, ""};
    case oid::timestamp:
      return WatermarkType{"pg_catalog.timestamp", WatermarkKind::time, ""};
    case oid::timestamptz:
      return WatermarkType{"pg_catalog.timestamptz", WatermarkKind::time, ""};
    case oid::text:
      return WatermarkType{"pg_catalog.text", WatermarkKind::text, ""};
    case oid::varchar:
      return WatermarkType{"pg_catalog.varchar", WatermarkKind::text, ""};
    case oid::uuid:
      return WatermarkType{"pg_catalog.uuid", WatermarkKind::uuid, ""};
    default:
      return std::nullopt;
  }
}

std::string IncrementalBounds::ordered_column() const {
  return quote_identifier(column) + (is_text ? " COLLATE \"C\"" : "");
}

std::string IncrementalBounds::literal(const std::string& value) const {
  return sql_literal(value) + "::" + type;
}

std::string IncrementalBounds::condition() const {
  // In another snapshot there might be some, which the watermark would not know of.
  if (!is_backfill && !upto) return "false";
  const std::string ordered = ordered_column();
  std::string lower;
  if (after) lower = ordered + " > " + literal(*after);
  if (from) lower = ordered + " >= " + literal(*from);
  if (since && !lower.empty()) lower = "(" + lower + " OR " + written_since(*since) + ")";
  std::string upper;
  if (upto) upper = ordered + " <= " + literal(*upto);
  if (before) upper = ordered + " < " + literal(*before);
  return lower + (lower.empty() || upper.empty() ? "" : " AND ") + upper;
}

std::string IncrementalBounds::display() const {
  std::string text = column;
  if (after) text += " above " + *after;
  if (from) text += " from " + *from;
  if (before) text += " to before " + *before;
  if (upto) text += " up to " + *upto;
  if (!is_backfill && !upto) text += ": no row is new";
  if (since) text += ", and rows that were written since transaction " + std::to_string(*since);
  return text;
}

std::string with_bounds(const std::string& where, const IncrementalBounds& bounds) {
  // The user's condition stands on lines of its own, so that a comment at its end swallows nothing.
  return where.empty() ? bounds.condition() : "(\n" + where + "\n) AND " + bounds.condition();
}

std::string new_rows_of(const std::string& query, const std::optional<IncrementalBounds>& bounds) {
  if (!bounds) return query;
  return "SELECT * FROM (\n" + query + "\n) AS q WHERE " + bounds->condition();
}

std::string to_json(const IncrementalBounds& bounds) {
  return json_text({{"name", bounds.name},
                    {"column", bounds.column},
                    {"type", bounds.type},
                    {"text", bounds.is_text},
                    {"backfill", bounds.is_backfill},
                    {"after", or_null(bounds.after)},
                    {"from", or_null(bounds.from)},
                    {"before", or_null(bounds.before)},
                    {"upto", or_null(bounds.upto)},
                    {"since", or_null(bounds.since)},
                    {"horizon", or_null(bounds.horizon)},
                    {"source", bounds.source},
                    {"was", or_null(bounds.was)},
                    {"rows", bounds.rows},
                    {"version", bounds.version}});
}

IncrementalBounds parse_bounds(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  return {.name = json.at("name").get<std::string>(),
          .column = json.at("column").get<std::string>(),
          .type = json.at("type").get<std::string>(),
          .is_text = json.at("text").get<bool>(),
          .is_backfill = json.at("backfill").get<bool>(),
          .after = optional_member<std::string>(json, "after"),
          .from = optional_member<std::string>(json, "from"),
          .before = optional_member<std::string>(json, "before"),
          .upto = optional_member<std::string>(json, "upto"),
          .since = optional_member<std::int64_t>(json, "since"),
          .horizon = optional_member<std::int64_t>(json, "horizon"),
          .source = json.at("source").get<std::string>(),
          .was = optional_member<std::string>(json, "was"),
          .rows = json.at("rows").get<std::int64_t>(),
          .version = json.at("version").get<std::int64_t>()};
}

std::optional<IncrementalBounds> bounds_of_definition(const std::string& definition) {
  const auto json = nlohmann::json::parse(definition, nullptr, false);
  if (!json.is_object() || !json.contains("incremental")) return std::nullopt;
  return parse_bounds(json.at("incremental").dump());
}

}  // namespace leat::jobs_detail
