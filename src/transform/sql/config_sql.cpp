#include "transform/sql/config_sql.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "transform/sql/change_sql.hpp"
#include "transform/sql/filter_sql.hpp"
#include "transform/sql/sql_text.hpp"

namespace leat::transform_detail {
namespace {

/// The name by which each stage knows the one before it. The server's messages and hints have it.
constexpr std::string_view stage_name = "r";

class TransformCompiler {
 public:
  TransformCompiler(const ConfigTransform& transform, const std::vector<std::string>& input,
                    const CompileContext& context)
      : transform_(transform),
        input_(input),
        server_(context.server),
        context_(context),
        faults_(context.faults) {}

  [[nodiscard]] SqlText compile() {
    rename();
    filter();
    const auto selected = select();
    add_columns(selected);
    drop_columns();
    change(transform_.transformations);
    aggregate();
    change(transform_.cast);
    return std::move(sql_);
  }

 private:
  void fault(const SourcedText& at, std::string message, std::string hint = "") {
    faults_.push_back({at.origin, std::move(message), std::move(hint)});
  }

  [[nodiscard]] std::string quoted(const std::string& name) const { return server_.quote_identifier(name); }
  /// A column of the stage before.
  [[nodiscard]] std::string column_sql(const std::string& name) const {
    return std::string(stage_name) + "." + quoted(name);
  }

  static bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  [[nodiscard]] static std::string listed(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    return all;
  }
  /// What to say where a column is missing.
  [[nodiscard]] std::string columns_hint(const std::vector<std::string>& names,
                                         const std::string& name) const {
    for (const auto& rename : transform_.rename) {
      if (rename.from.text == name && has(names, rename.to.text)) {
        return "it is called " + rename.to.text + " here";
      }
    }
    return names.empty() ? "" : "there are: " + listed(names);
  }

  /// Puts a SELECT of these items around the stage before. Its columns are their names.
  void stage(const std::vector<SelectItem>& items, const SqlText& rest = {}) {
    SqlText next("SELECT ");
    bool is_first = true;
    for (const auto& item : items) {
      if (!is_first) next += ", ";
      is_first = false;
      next += item.value;
      next += " AS ";
      next += quoted(item.name);
    }
    next += " FROM ";
    if (sql_.empty()) {
      next += "input_data";
    } else {
      next += "(";
      next += sql_;
      next += ")";
    }
    next += " ";
    next += stage_name;
    next += rest;
    sql_ = std::move(next);
  }
  [[nodiscard]] std::vector<SelectItem> all_of(const std::vector<std::string>& names) const {
    std::vector<SelectItem> items;
    for (const auto& name : names) items.push_back({.value = column_sql(name), .name = name});
    return items;
  }

  [[nodiscard]] bool is_selected(const std::string& name) const {
    if (!transform_.select) return true;
    return std::any_of(transform_.select->begin(), transform_.select->end(),
                       [&name](const SourcedText& one) { return one.text == name; });
  }

  void rename() {
    const auto& renames = transform_.rename;
    const auto renamed = [&renames](const std::string& name) {
      return std::find_if(renames.begin(), renames.end(),
                          [&name](const ColumnRename& one) { return one.from.text == name; });
    };
    for (auto at = renames.begin(); at != renames.end(); ++at) {
      const std::string& from = at->from.text;
      const std::string& to = at->to.text;
      if (!has(input_, from)) {
        fault(at->from, "rename: there is no column \"" + from + "\"", columns_hint(input_, from));
      }
      if (renamed(from) != at) fault(at->from, "rename: column \"" + from + "\" is renamed twice");
      if (to.empty()) fault(at->to, "rename: column \"" + from + "\" gets no name");
      const auto same =
          std::find_if(renames.begin(), at, [&to](const auto& one) { return one.to.text == to; });
      if (same != at) {
        fault(at->to, "rename: two columns become \"" + to + "\": " + same->from.text + " and " + from);
      }
      if (has(input_, to) && renamed(to) == renames.end() && is_selected(to)) {
        fault(at->to, "rename: there is a column \"" + to + "\" already",
              "rename that one, too, or leave it out of select");
      }
    }
    std::vector<SelectItem> items;
    for (const auto& name : input_) {
      const auto own = renamed(name);
      const bool gives_way =
          own == renames.end() &&
          std::any_of(renames.begin(), renames.end(), [&](const auto& one) { return one.to.text == name; });
      if (gives_way) continue;
      const std::string& now = own == renames.end() ? name : own->to.text;
      items.push_back({.value = column_sql(name), .name = now});
      visible_.push_back(now);
    }
    stage(items);
  }

  void filter() {
    if (!transform_.filter) return;
    const FilterScope scope{.server = server_,
                            .column = [this](const SourcedText& column) -> std::optional<std::string> {
                              if (has(visible_, column.text)) return column_sql(column.text);
                              fault(column, "filter: there is no column \"" + column.text + "\"",
                                    columns_hint(visible_, column.text));
                              return std::nullopt;
                            },
                            .faults = faults_};
    SqlText where(" WHERE ");
    where += filter_sql(*transform_.filter, scope);
    stage(all_of(visible_), where);
  }

  /// The names that go on, as they are now.
  [[nodiscard]] std::vector<std::string> select() {
    if (!transform_.select) return visible_;
    std::vector<std::string> names;
    for (const auto& wanted : *transform_.select) {
      std::string name = wanted.text;
      const auto& renames = transform_.rename;
      const auto own = std::find_if(renames.begin(), renames.end(),
                                    [&name](const ColumnRename& one) { return one.from.text == name; });
      if (own != renames.end()) {
        name = own->to.text;
      } else if (!has(visible_, name)) {
        fault(wanted, "select: there is no column \"" + name + "\"", columns_hint(input_, name));
        continue;
      }
      if (has(names, name)) {
        fault(wanted, "select: column \"" + name + "\" is there twice");
        continue;
      }
      names.push_back(std::move(name));
    }
    if (names.empty() && faults_.empty()) faults_.push_back({0, "select: it leaves no column", ""});
    return names;
  }

  /// Whether an expression may mean a column of that name: it has the name somewhere, in any case.
  [[nodiscard]] static bool may_name(const std::string& expression, const std::string& name) {
    const auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return name.find('"') != std::string::npos ||
           std::search(expression.begin(), expression.end(), name.begin(), name.end(), same) !=
               expression.end();
  }

  void add_columns(const std::vector<std::string>& selected) {
    output_ = selected;
    std::vector<SelectItem> added;  // of the stage that is being gathered
    const auto finish = [&] {
      if (added.empty()) return;
      auto items = all_of(visible_);
      for (auto& one : added) {
        const auto old = std::find_if(items.begin(), items.end(),
                                      [&one](const SelectItem& item) { return item.name == one.name; });
        if (old != items.end()) {
          old->value = std::move(one.value);
        } else {
          visible_.push_back(one.name);
          items.push_back(std::move(one));
        }
      }
      stage(items);
      added.clear();
    };
    for (const auto& column : transform_.add_columns) {
      const auto* const written = std::get_if<SourcedText>(&column.value);
      const bool sees_added = std::any_of(added.begin(), added.end(), [&](const SelectItem& one) {
        return one.name == column.name.text || (written != nullptr && may_name(written->text, one.name));
      });
      if (sees_added) finish();
      if (column.name.text.empty()) fault(column.name, "add_columns: a column has no name");
      SqlText value;
      if (written != nullptr) {
        value.add_written(*written, true);
      } else {
        const auto& literal = std::get<LiteralValue>(column.value);
        value += value_sql(literal, server_);
        if (literal.kind == LiteralValue::Kind::text) value += "::pg_catalog.text";
      }
      added.push_back({.value = std::move(value), .name = column.name.text});
      if (!has(output_, column.name.text)) output_.push_back(column.name.text);
    }
    finish();
  }

  void drop_columns() {
    for (const auto& dropped : transform_.drop_columns) {
      if (std::erase(output_, dropped.text) != 0) continue;
      const bool is_hidden = has(visible_, dropped.text);
      fault(dropped, "drop_columns: there is no column \"" + dropped.text + "\"",
            is_hidden ? "select leaves it out already" : columns_hint(output_, dropped.text));
    }
    if (output_.empty() && faults_.empty()) faults_.push_back({0, "drop_columns: it leaves no column", ""});
    stage(all_of(output_));
  }

  void change(const std::vector<ColumnChange>& changes) {
    std::vector<SelectItem> items;
    std::vector<std::string> changed;
    const auto finish = [&] {
      if (!changed.empty()) stage(items);
      changed.clear();
    };
    for (const auto& one : changes) {
      const std::string& name = one.column.text;
      if (!has(output_, name)) {
        fault(one.column, "there is no column \"" + name + "\" here", columns_hint(output_, name));
        continue;
      }
      const auto* const cast = std::get_if<CheckedCast>(&one.change);
      if (has(changed, name) || cast != nullptr) finish();
      if (changed.empty()) items = all_of(output_);
      const auto at = std::find(output_.begin(), output_.end(), name) - output_.begin();
      ChangedColumn column{.sql = column_sql(name)};
      if (cast != nullptr) {
        if (!may_be_type(cast->type.text)) {
          fault(cast->type, "\"" + cast->type.text + "\" is no name of a type",
                "write it as in SQL: integer, numeric(12,2)");
          continue;
        }
        column.type = type_of(static_cast<std::size_t>(at));
      }
      items[static_cast<std::size_t>(at)].value = change_sql(one, column, server_, faults_);
      changed.push_back(name);
    }
    finish();
  }

  /// Of a column of the stage before; empty after a fault, since then nobody can be asked.
  [[nodiscard]] std::string type_of(std::size_t column) const {
    if (!faults_.empty()) return "pg_catalog.text";
    return context_.describe(sql_).at(column).type;
  }
  void aggregate() {
    if (!transform_.aggregations) return;
    const Aggregation& wanted = *transform_.aggregations;
    std::vector<SelectItem> items;
    SqlText rest;
    std::vector<std::string> names;
    const auto add = [&](const SourcedText& name, SqlText value) {
      if (has(names, name.text)) fault(name, "aggregations: two columns are called \"" + name.text + "\"");
      names.push_back(name.text);
      items.push_back({.value = std::move(value), .name = name.text});
    };
    for (const auto& key : wanted.group_by) {
      SqlText value;
      if (key.sql) {
        value.add_written(*key.sql);
      } else if (has(output_, key.name.text)) {
        value += column_sql(key.name.text);
      } else {
        fault(key.name, "group_by: there is no column \"" + key.name.text + "\"",
              columns_hint(output_, key.name.text));
      }
      rest += rest.empty() ? " GROUP BY " : ", ";
      rest += std::to_string(items.size() + 1);
      add(key.name, std::move(value));
    }
    for (const auto& aggregate : wanted.aggregates) {
      SqlText value;
      value.add_written(aggregate.call);
      add(aggregate.name, std::move(value));
    }
    if (items.empty()) {
      faults_.push_back({0, "aggregations: there is neither a group nor an aggregate", ""});
      return;
    }
    if (wanted.having) {
      rest += " HAVING ";
      rest.add_written(*wanted.having);
    }
    stage(items, rest);
    output_ = std::move(names);
  }

  const ConfigTransform& transform_;
  const std::vector<std::string>& input_;
  const TransformServer& server_;
  const CompileContext& context_;
  SqlText sql_;                       // until now
  std::vector<std::string> visible_;  // columns that filter and expressions see
  std::vector<std::string> output_;   // columns that go on
  std::vector<TransformFault>& faults_;
};

}  // namespace

SqlText config_sql(const ConfigTransform& transform, const std::vector<std::string>& input,
                   const CompileContext& context) {
  return TransformCompiler(transform, input, context).compile();
}

}  // namespace leat::transform_detail
