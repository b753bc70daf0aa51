#include "jobs/verify/inner_forms.hpp"

#include <cstddef>

#include "jobs/match/version_values.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::jobs_detail {
namespace {

/// What a value that is made of no others is converted to; empty where it is printed alike as it is.
std::string converted(const TypeUse& source, const TypeUse& target, const std::string& sql) {
  const TypeInfo& from = source.type;
  const TypeInfo& to = target.type;
  const auto cast = [&sql](const std::string& type) { return "(" + sql + ")::pg_catalog." + type; };
  if (!is_built_in(from) || !is_built_in(to)) return {};
  if (to.base == oid::xml && from.base == oid::xml) return sent_xml(sql);
  // By its number, which all servers print alike.
  if (to.base == oid::single_char) return print_chars_alike(from, to) ? "" : cast("int4");
  // Its cast leaves out the blanks at the end, which fill the length and mean nothing.
  if (to.base == oid::bpchar) return modifier(source) == modifier(target) ? "" : cast("text");
  if (to.base == oid::numeric) {
    const std::string scaled = scale_cast(source, target);
    if (!scaled.empty()) return "(" + sql + ")::" + scaled;
  }
  const bool is_text = to.base == oid::text || to.base == oid::varchar;
  return from.base == to.base || is_text ? "" : cast(quote_identifier(to.base_name));
}

/// Takes values apart that are made of others.
class Inside {
 public:
  /// The value with what is converted in it; empty where nothing is.
  std::string of(const TypeUse& source, const TypeUse& target, const std::string& sql) {
    if (source.type.kind != target.type.kind) return {};
    switch (target.type.kind) {
      case TypeKind::base:
        return converted(source, target, sql);
      case TypeKind::array:
        return array({source.type.parts.front(), modifier(source)},
                     {target.type.parts.front(), modifier(target)}, sql);
      case TypeKind::composite:
        return composite(source.type, target.type, sql);
      case TypeKind::range:
        return range({source.type.parts.front()}, {target.type.parts.front()}, sql);
      case TypeKind::multirange:
        return list({source.type.parts.front()}, {target.type.parts.front()}, sql);
      case TypeKind::enumeration:
      case TypeKind::pseudo:
        break;
    }
    return {};
  }

 private:
  /// Of each element, in their order. They are unnested by the list of a SELECT, which keeps a composite NULL
  /// apart from one of NULLs.
  std::string list(const TypeUse& source, const TypeUse& target, const std::string& sql) {
    const std::string elements = "leat_elements_" + std::to_string(++depth_);
    const std::string one = of(source, target, elements + ".leat_element");
    --depth_;
    if (one.empty()) return {};
    return "CASE WHEN (" + sql + ") IS NOT NULL THEN ARRAY(SELECT " + one +
           " FROM (SELECT pg_catalog.unnest(" + sql + ") AS leat_element) AS " + elements + ") END";
  }
  std::string array(const TypeUse& source, const TypeUse& target, const std::string& sql) {
    const std::string elements = list(source, target, sql);
    if (elements.empty()) return {};
    return "CASE WHEN (" + sql + ") IS NOT NULL THEN ROW(pg_catalog.array_dims(" + sql + "), " + elements +
           ") END";
  }
  std::string composite(const TypeInfo& source, const TypeInfo& target, const std::string& sql) {
    std::string fields;
    bool is_other = false;
    for (std::size_t i = 0; i < target.parts.size(); ++i) {
      const std::string field = "(" + sql + ")." + quote_identifier(target.field_names[i]);
      const std::string one =
          of({source.parts[i], source.field_typmods[i]}, {target.parts[i], target.field_typmods[i]}, field);
      is_other = is_other || !one.empty();
      fields += (i == 0 ? "" : ", ") + (one.empty() ? field : one);
    }
    if (!is_other) return {};
    // ROW(NULL, NULL) is another value than NULL.
    return "CASE WHEN (" + sql + ") IS DISTINCT FROM NULL THEN ROW(" + fields + ") END";
  }
  std::string range(const TypeUse& source, const TypeUse& target, const std::string& sql) {
    const auto call = [&sql](const char* function) {
      return std::string("pg_catalog.") + function + "(" + sql + ")";
    };
    const std::string lower = of(source, target, call("lower"));
    if (lower.empty()) return {};
    return "CASE WHEN (" + sql + ") IS NOT NULL THEN ROW(" + call("isempty") + ", " + call("lower_inf") +
           ", " + call("lower_inc") + ", " + lower + ", " + call("upper_inf") + ", " + call("upper_inc") +
           ", " + of(source, target, call("upper")) + ") END";
  }

  int depth_ = 0;
};

}  // namespace

std::string sent_xml(const std::string& sql) {
  return "pg_catalog.ltrim(pg_catalog.textin(pg_catalog.xml_out(" + sql + ")), E'\\n')";
}

// Source: PostgreSQL, src/backend/utils/adt/numeric.c, make_numeric_typmod.
std::string scale_cast(const TypeUse& source, const TypeUse& target) {
  const std::int32_t to = modifier(target);
  const bool alike = source.type.base == oid::numeric && modifier(source) == to;
  const std::int32_t scale = (((to - 4) & 0x7ff) ^ 1024) - 1024;
  if (to < 4 || alike || scale < 0) return {};
  // Any number of digits before the point, so that this never fails.
  return "pg_catalog.numeric(1000," + std::to_string(scale) + ")";
}

std::string alike_inside(const TypeUse& source, const TypeUse& target, const std::string& sql) {
  const std::string converted_sql = Inside().of(source, target, sql);
  return converted_sql.empty() ? sql : converted_sql;
}

}  // namespace leat::jobs_detail
