#include "leat/registry/compare_schemas.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "leat/data/type_oids.hpp"
#include "leat/jobs/match/detail/fit_values.hpp"
#include "registry/schema_json.hpp"
#include "registry/schema_type.hpp"

namespace leat {
namespace {

using registry_detail::SchemaType;
using ColumnKind = SchemaChangeKind;

bool is_required(const RegisteredColumn& column) {
  return !column.nullable && !column.default_value;
}

/// Types that are the same in all that matters.
bool have_same_type(const RegisteredColumn& a, const RegisteredColumn& b) {
  const auto spelled = [](const RegisteredColumn& column) {
    const auto type = registry_detail::read_schema_type(column.type);
    return type ? type->spelled : column.type;
  };
  // What is not known on one side is not held against the other.
  const bool unknown = a.definition.empty() || b.definition.empty();
  return spelled(a) == spelled(b) && (unknown || a.definition == b.definition);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool is_one_of(Oid base, std::initializer_list<Oid> all) {
  return std::find(all.begin(), all.end(), base) != all.end();
}

/// Whether expressions over the one give what they give over the other, for values that both have: the
/// operators are the same, or those of another size of the same thing.
bool have_same_operators(const SchemaType& a, const SchemaType& b) {
  if (a.info.kind != b.info.kind) return false;
  if (a.info.kind == TypeKind::array) {
    return have_same_operators({.info = a.info.parts.front()}, {.info = b.info.parts.front()});
  }
  if (a.info.base == b.info.base) return true;
  const auto both_are = [&](std::initializer_list<Oid> some) {
    return is_one_of(a.info.base, some) && is_one_of(b.info.base, some);
  };
  return both_are({oid::int2, oid::int4, oid::int8}) || both_are({oid::text, oid::varchar});
}

ColumnKind type_change(const RegisteredColumn& before, const RegisteredColumn& after) {
  // What a composite type or a range is made of was changed, or what a domain checks.
  const bool is_own = before.type == after.type && (!before.definition.empty() || !after.definition.empty());
  if (is_own) return ColumnKind::type_changed;
  const SchemaType old_type = registry_detail::type_of_column(before);
  const SchemaType new_type = registry_detail::type_of_column(after);
  const auto fits = [](const SchemaType& from, const SchemaType& to, const RegisteredColumn& into) {
    // A domain may check its values.
    if (!into.base.empty()) return false;
    return jobs_detail::fit_values(from.info, from.modifier, to.info, to.modifier).keeps_all;
  };
  const bool keeps = fits(old_type, new_type, after);
  if (keeps && have_same_operators(old_type, new_type)) return ColumnKind::type_widened;
  if (keeps) return ColumnKind::type_converted;
  return fits(new_type, old_type, before) ? ColumnKind::type_narrowed : ColumnKind::type_changed;
}

class SchemaComparison {
 public:
  SchemaComparison(const RegisteredSchema& old_schema, const RegisteredSchema& new_schema,
                   const SchemaRule& rule)
      : old_(old_schema), new_(new_schema), rule_(rule) {}

  std::vector<SchemaChange> run() {
    find_renamed();
    for (const auto& column : new_.columns) {
      const RegisteredColumn* before = old_.find(column.name);
      if (before == nullptr) {
        added(column);
      } else {
        compare(*before, column);
      }
    }
    for (const auto& column : old_.columns) {
      if (new_.find(column.name) == nullptr) dropped(column);
    }
    compare_keys();
    compare_order();
    return std::move(changes_);
  }

 private:
  void add(const std::string& column, ColumnKind kind, std::string before, std::string after,
           std::string hint = {}) {
    changes_.push_back({.column = column,
                        .change = kind,
                        .rule = rule_,
                        .old = std::move(before),
                        .now = std::move(after),
                        .verdict = verdict_of(kind, rule_.kind),
                        .hint = std::move(hint)});
  }

  /// A column that was dropped, and one of its type that was added: the one at its place, if there are
  /// several.
  void find_renamed() {
    for (std::size_t i = 0; i < old_.columns.size(); ++i) {
      const auto& before = old_.columns[i];
      if (new_.find(before.name) != nullptr) continue;
      const RegisteredColumn* best = nullptr;
      for (std::size_t k = 0; k < new_.columns.size(); ++k) {
        const auto& after = new_.columns[k];
        const bool is_new = old_.find(after.name) == nullptr && !is_taken(after.name);
        if (!is_new || !have_same_type(before, after)) continue;
        if (best == nullptr || k == i) best = &after;
      }
      if (best != nullptr) renamed_.emplace_back(before.name, best->name);
    }
  }
  [[nodiscard]] bool is_taken(const std::string& name) const {
    return std::any_of(renamed_.begin(), renamed_.end(), [&](const auto& one) { return one.second == name; });
  }

  void added(const RegisteredColumn& column) {
    std::string hint;
    for (const auto& [from, to] : renamed_) {
      if (to == column.name) hint = "perhaps " + from + " was renamed: it had the same type";
    }
    const bool required = is_required(column);
    if (hint.empty() && required) {
      hint = rule_.kind == SchemaRuleKind::readers
                 ? "an INSERT that does not name it is refused now; a SELECT * has one column more"
                 : "give it a default, or let it be NULL";
    } else if (hint.empty() && rule_.kind == SchemaRuleKind::readers) {
      hint = "a SELECT * has one column more";
    }
    add(column.name, required ? ColumnKind::required_column_added : ColumnKind::column_added, "", column.type,
        std::move(hint));
  }

  void dropped(const RegisteredColumn& column) {
    std::string hint;
    for (const auto& [from, to] : renamed_) {
      if (from == column.name) hint = "perhaps it was renamed to " + to + ", which has the same type";
    }
    const bool required = is_required(column);
    if (hint.empty() && rule_.kind == SchemaRuleKind::readers) hint = "a SELECT that names it fails";
    if (hint.empty() && required) hint = "let it be NULL, or give it a default, a version before";
    add(column.name, required ? ColumnKind::required_column_dropped : ColumnKind::column_dropped, column.type,
        "", std::move(hint));
  }

  void compare(const RegisteredColumn& before, const RegisteredColumn& after) {
    if (!have_same_type(before, after)) {
      compare_types(before, after);
    } else if (before.labels != after.labels) {
      compare_labels(before, after);
    }
    if (before.nullable && !after.nullable) add(after.name, ColumnKind::null_refused, "NULL", "NOT NULL");
    if (!before.nullable && after.nullable) {
      add(after.name, ColumnKind::null_allowed, "NOT NULL", "NULL",
          rule_.kind == SchemaRuleKind::readers
              ? "comparisons with a NULL are neither true nor false: NOT IN and <> lose rows"
              : "");
    }
    if (before.collation != after.collation) {
      const auto shown = [](const std::string& name) { return name.empty() ? "the type's own" : name; };
      add(after.name, ColumnKind::collation_changed, shown(before.collation), shown(after.collation),
          "ORDER BY and < answer otherwise");
    }
    if (before.default_value != after.default_value) {
      const bool is_needed_now = is_required(after) && before.default_value.has_value();
      add(after.name, ColumnKind::default_changed, before.default_value.value_or(""),
          after.default_value.value_or(""),
          is_needed_now ? "an INSERT that does not name it is refused now" : "");
      if (is_needed_now && changes_.back().verdict == SchemaVerdict::ok) {
        changes_.back().verdict = SchemaVerdict::remark;
      }
    }
    if (before.description != after.description) {
      add(after.name, ColumnKind::description_changed, before.description, after.description);
    }
  }

  void compare_types(const RegisteredColumn& before, const RegisteredColumn& after) {
    const ColumnKind kind = type_change(before, after);
    std::string hint;
    if (before.type == after.type) {
      hint = "the type is made otherwise: " + before.definition + " became " + after.definition;
    } else if (kind == ColumnKind::type_converted && rule_.kind == SchemaRuleKind::readers) {
      hint = "all values have a place, but operators of " + after.type + " are others";
    }
    add(after.name, kind, before.type, after.type, std::move(hint));
  }

  void compare_labels(const RegisteredColumn& before, const RegisteredColumn& after) {
    const auto without = [](const std::vector<std::string>& all, const std::vector<std::string>& some) {
      std::vector<std::string> rest;
      for (const auto& label : all) {
        if (std::find(some.begin(), some.end(), label) == some.end()) rest.push_back(label);
      }
      return rest;
    };
    // Nothing is known of the labels where a document does not name them.
    if (before.labels.empty() || after.labels.empty()) return;
    const auto gone = without(before.labels, after.labels);
    const auto come = without(after.labels, before.labels);
    if (!gone.empty()) {
      add(after.name, ColumnKind::label_removed, listed(gone), "", "a SELECT that names it fails");
    }
    if (!come.empty()) add(after.name, ColumnKind::label_added, "", listed(come));
    if (without(before.labels, gone) != without(after.labels, come)) {
      add(after.name, ColumnKind::type_changed, listed(before.labels), listed(after.labels),
          "labels are in another order, and so are rows");
    }
  }

  void compare_keys() {
    const auto before = old_.key();
    const auto after = new_.key();
    // A key of the same columns says the same, in whatever order.
    if (std::set(before.begin(), before.end()) == std::set(after.begin(), after.end())) return;
    const ColumnKind kind = before.empty()  ? ColumnKind::key_added
                            : after.empty() ? ColumnKind::key_dropped
                                            : ColumnKind::key_changed;
    add("", kind, listed(before), listed(after),
        kind == ColumnKind::key_added
            ? ""
            : "GROUP BY and ON CONFLICT that count on the old key fail, and upserts "
              "find other rows");
  }

  void compare_order() {
    const auto common = [](const RegisteredSchema& of, const RegisteredSchema& with) {
      std::vector<std::string> names;
      for (const auto& column : of.columns) {
        if (with.find(column.name) != nullptr) names.push_back(column.name);
      }
      return names;
    };
    const auto before = common(old_, new_);
    const auto after = common(new_, old_);
    if (before == after) return;
    add("", ColumnKind::order_changed, listed(before), listed(after),
        "a SELECT *, an INSERT and a COPY without a list of columns have another order");
  }

  const RegisteredSchema& old_;
  const RegisteredSchema& new_;
  const SchemaRule rule_;
  std::vector<std::pair<std::string, std::string>> renamed_;
  std::vector<SchemaChange> changes_;
};

}  // namespace

std::vector<SchemaChange> compare_schemas(const RegisteredSchema& old_schema,
                                          const RegisteredSchema& new_schema, const SchemaRule& rule) {
  return SchemaComparison(old_schema, new_schema, rule).run();
}

}  // namespace leat
