#include "transform/sql/change_sql.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "leat/transform/sql/detail/checked_cast.hpp"
#include "transform/sql/filter_sql.hpp"

namespace leat::transform_detail {
namespace {

using ValueKind = LiteralValue::Kind;

/// A value that is none of an integer, so that the server refuses the row with this text in its message.
std::string refused_sql(const std::string& what, const std::string& column, const TransformServer& server) {
  return "(" + server.quote_literal(what) + " || " + column + "::pg_catalog.text)::pg_catalog.int4";
}

class MapWriter {
 public:
  MapWriter(const MapValues& map, const std::string& column, const TransformServer& server)
      : map_(map), column_(column), server_(server) {}

  [[nodiscard]] std::string sql() const {
    const bool mixed = is_mixed();
    std::string cases;
    bool lists_null = false;
    for (const auto& [from, to] : map_.mapping) {
      const bool is_null = from.kind == ValueKind::null;
      lists_null = lists_null || is_null;
      const std::string meets = is_null ? " IS NULL" : " = " + untyped_sql(from, server_);
      cases += " WHEN " + column_ + meets + " THEN " + result(to, mixed);
    }
    if (!lists_null && map_.otherwise != MapValues::Otherwise::null) {
      cases += " WHEN " + column_ + " IS NULL THEN NULL";
    }
    if (cases.empty()) cases = " WHEN FALSE THEN NULL";
    return "CASE" + cases + " ELSE " + otherwise(mixed) + " END";
  }

 private:
  /// The kind of the results, null left out; text if there are several.
  [[nodiscard]] ValueKind kind() const {
    ValueKind found = ValueKind::null;
    const auto add = [&found](const LiteralValue& value) {
      if (value.kind == ValueKind::null || value.kind == found) return;
      found = found == ValueKind::null ? value.kind : ValueKind::text;
    };
    for (const auto& [from, to] : map_.mapping) add(to);
    if (map_.otherwise == MapValues::Otherwise::value) add(map_.other_value);
    return found;
  }
  [[nodiscard]] bool is_mixed() const { return kind() == ValueKind::text; }

  [[nodiscard]] std::string result(const LiteralValue& value, bool as_text) const {
    return as_text ? untyped_sql(value, server_) : value_sql(value, server_);
  }

  [[nodiscard]] std::string otherwise(bool as_text) const {
    switch (map_.otherwise) {
      case MapValues::Otherwise::keep:
        return column_;
      case MapValues::Otherwise::value:
        return result(map_.other_value, as_text);
      case MapValues::Otherwise::error: {
        const std::string fails = refused_sql("map has no ", column_, server_);
        switch (kind()) {
          case ValueKind::text:
            return fails + "::pg_catalog.text";
          case ValueKind::boolean:
            return fails + "::pg_catalog.bool";
          default:
            return fails;
        }
      }
      case MapValues::Otherwise::null:
        break;
    }
    return "NULL";
  }

  const MapValues& map_;
  const std::string& column_;
  const TransformServer& server_;
};

struct FunctionShape {
  ColumnFunction function;
  std::string_view name;
  std::size_t least;
  std::size_t most;
};
constexpr std::array<FunctionShape, 17> function_shapes{
    {{ColumnFunction::upper, "upper", 0, 0},
     {ColumnFunction::lower, "lower", 0, 0},
     {ColumnFunction::strip, "strip", 0, 0},
     {ColumnFunction::lstrip, "lstrip", 0, 0},
     {ColumnFunction::rstrip, "rstrip", 0, 0},
     {ColumnFunction::title, "title", 0, 0},
     {ColumnFunction::null_if_empty, "null_if_empty", 0, 0},
     {ColumnFunction::md5, "md5", 0, 0},
     {ColumnFunction::sha256, "sha256", 0, 0},
     {ColumnFunction::abs, "abs", 0, 0},
     {ColumnFunction::round, "round", 0, 1},
     {ColumnFunction::trunc, "trunc", 0, 1},
     {ColumnFunction::date_trunc, "date_trunc", 1, 1},
     {ColumnFunction::coalesce, "coalesce", 1, 1},
     {ColumnFunction::left, "left", 1, 1},
     {ColumnFunction::replace, "replace", 2, 2},
     {ColumnFunction::regexp_replace, "regexp_replace", 2, 2}}};

std::string call_sql(std::string_view function, const std::string& arguments) {
  return "pg_catalog." + std::string(function) + "(" + arguments + ")";
}

std::string sha256_sql(const std::string& text) {
  return call_sql("encode", call_sql("sha256", call_sql("convert_to", text + ", 'UTF8'")) + ", 'hex'");
}

std::string apply_sql(const ApplyFunction& apply, const SourcedText& name, const std::string& column,
                      const TransformServer& server, std::vector<TransformFault>& faults) {
  const auto shape = std::find_if(function_shapes.begin(), function_shapes.end(),
                                  [&](const FunctionShape& one) { return one.function == apply.function; });
  const auto& arguments = apply.arguments;
  if (arguments.size() < shape->least || arguments.size() > shape->most) {
    const std::string wanted = shape->least == shape->most
                                   ? std::to_string(shape->most)
                                   : std::to_string(shape->least) + " or " + std::to_string(shape->most);
    faults.push_back({name.origin,
                      "column \"" + name.text + "\": " + std::string(shape->name) + " takes " + wanted +
                          (wanted == "1" ? " argument" : " arguments") + ", not " +
                          std::to_string(arguments.size()),
                      ""});
    return column;
  }
  const auto argument = [&](std::size_t i) { return value_sql(arguments[i], server); };
  const auto text = [&](std::size_t i) { return untyped_sql(arguments[i], server); };
  // What Python's strip() removes of ASCII.
  constexpr const char* blanks = R"(, E' \t\n\r\f\x0b')";
  switch (apply.function) {
    case ColumnFunction::upper:
    case ColumnFunction::lower:
    case ColumnFunction::abs:
      return call_sql(shape->name, column);
    case ColumnFunction::strip:
      return call_sql("btrim", column + blanks);
    case ColumnFunction::lstrip:
      return call_sql("ltrim", column + blanks);
    case ColumnFunction::rstrip:
      return call_sql("rtrim", column + blanks);
    case ColumnFunction::title:
      return call_sql("initcap", column);
    case ColumnFunction::null_if_empty:
      return "NULLIF(" + column + ", '')";
    case ColumnFunction::md5:
      return call_sql("md5", column + "::pg_catalog.text");
    case ColumnFunction::sha256:
      return sha256_sql(column + "::pg_catalog.text");
    case ColumnFunction::round:
    case ColumnFunction::trunc:
      if (arguments.empty()) return call_sql(shape->name, column);
      return call_sql(shape->name, column + "::pg_catalog.numeric, " + argument(0));
    case ColumnFunction::date_trunc:
      return call_sql("date_trunc", text(0) + ", " + column);
    case ColumnFunction::coalesce:
      return "COALESCE(" + column + ", " + text(0) + ")";
    case ColumnFunction::left:
      return call_sql("left", column + ", " + argument(0));
    case ColumnFunction::replace:
      return call_sql("replace", column + ", " + text(0) + ", " + text(1));
    case ColumnFunction::regexp_replace:
      return call_sql("regexp_replace", column + ", " + text(0) + ", " + text(1) + ", 'g'");
  }
  return column;
}

SqlText salted_sql(const std::string& text, const std::string& salt) {
  const std::string whole = sha256_sql("( || " + text + ")");
  const auto at = whole.find("( || ") + 1;
  SqlText sql(whole.substr(0, at));
  sql.add_secret(salt);
  sql += whole.substr(at);
  return sql;
}

SqlText mask_sql(const MaskValue& mask, const std::string& column, const TransformServer& server) {
  const std::string text = column + "::pg_catalog.text";
  switch (mask.how) {
    case MaskValue::How::sha256:
      return salted_sql(text, server.quote_literal(mask.salt));
    case MaskValue::How::redact:
      return "CASE WHEN " + column + " IS NOT NULL THEN '***' END";
    case MaskValue::How::last: {
      const std::string letters = std::to_string(mask.letters);
      const std::string length = call_sql("length", text);
      return "CASE WHEN " + length + " > " + letters + " THEN " +
             call_sql("repeat", "'*', " + length + " - " + letters) + " || " +
             call_sql("right", text + ", " + letters) + " ELSE " + call_sql("repeat", "'*', " + length) +
             " END";
    }
    case MaskValue::How::null:
      break;
  }
  // It keeps its type.
  return "CASE WHEN FALSE THEN " + column + " END";
}

bool is_text_name(std::string_view type) {
  static constexpr std::array<std::string_view, 6> names{"text", "varchar", "char",
                                                         "name", "bpchar",  "\"char\""};
  return type.starts_with("character") ||
         std::any_of(names.begin(), names.end(), [type](std::string_view name) {
           return type.starts_with(name) && (type.size() == name.size() || type[name.size()] == '(');
         });
}

SqlText cast_sql(const CheckedCast& cast, const ChangedColumn& column, const TransformServer& server) {
  // The type stands as it was written, for the server to point at.
  const auto as_type = [&] {
    SqlText sql("CAST(" + column.sql + " AS ");
    sql.add_bare(cast.type);
    sql += ")";
    return sql;
  };
  SqlText sql("CASE WHEN " + column.sql + " IS NULL OR ");
  // A text becomes what the type's input function makes of it, which tells what it does not take.
  if (is_text_name(column.type) && !is_text_name(cast.type.text)) {
    sql += "CAST(";
    sql += as_type();
    sql += " AS pg_catalog.text) IS NOT NULL";
  } else {
    sql += "CAST(";
    sql += as_type();
    sql += " AS " + column.type + ") = " + column.sql;
  }
  sql += " THEN ";
  sql += as_type();
  sql += " ELSE CAST(CAST(" +
         refused_sql("it does not survive as " + cast.type.text + ": ", column.sql, server) +
         " AS pg_catalog.text) AS ";
  sql.add_bare(cast.type);
  sql += ") END";
  return sql;
}

}  // namespace

bool may_be_type(std::string_view text) {
  static constexpr std::string_view others = " _.\"(),[]%";
  int open = 0;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) == 0 && letter < 0x80 && others.find(c) == std::string_view::npos) return false;
    open += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (open < 0) return false;
  }
  return open == 0 && !text.empty();
}

SqlText change_sql(const ColumnChange& change, const ChangedColumn& column, const TransformServer& server,
                   std::vector<TransformFault>& faults) {
  if (const auto* const map = std::get_if<MapValues>(&change.change)) {
    return MapWriter(*map, column.sql, server).sql();
  }
  if (const auto* const apply = std::get_if<ApplyFunction>(&change.change)) {
    return apply_sql(*apply, change.column, column.sql, server, faults);
  }
  if (const auto* const mask = std::get_if<MaskValue>(&change.change)) {
    return mask_sql(*mask, column.sql, server);
  }
  return cast_sql(std::get<CheckedCast>(change.change), column, server);
}

std::string checked_cast_sql(const std::string& value, const std::string& value_type, const std::string& type,
                             const TransformServer& server) {
  return cast_sql({.type = type}, {.sql = value, .type = value_type}, server).text();
}

}  // namespace leat::transform_detail
