#include "documents/load_checks.hpp"

#include <algorithm>
#include <string_view>

#include "documents/text_place.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::documents_detail {

void check_target_name(const Node& node, const std::string& path, const LoadDocument& load,
                       NodeReader& reader) {
  const NodeEntry* const to = node.find("to");
  if (to == nullptr || load.to.empty()) return;
  const std::string own = path_of_key(path, "to");
  if (load.what != LoadDocument::What::tables) {
    if (load.to.find('{') == std::string::npos) return;
    return reader.fault(to->value.place, own, "wrong-form", own + " is of one table, and has no {table}",
                        "write the table's name: to: dwh.orders");
  }
  std::string rest = load.to;
  bool has_table = false;
  for (const std::string_view mark : {"{table}", "{schema}"}) {
    for (auto at = rest.find(mark); at != std::string::npos; at = rest.find(mark)) {
      rest.erase(at, mark.size());
      has_table = has_table || mark == "{table}";
    }
  }
  if (has_table && rest.find_first_of("{}") == std::string::npos) return;
  reader.fault(to->value.place, own, "wrong-form",
               has_table ? own + " knows {schema} and {table}, and nothing else in braces"
                         : own + " gives all tables one name",
               "write to: stage.{table}");
}

void check_params(const Node& node, const std::string& path, const LoadDocument& load,
                  const std::vector<std::string>& known, NodeReader& reader) {
  const auto look = [&](const std::string& key, const std::string& sql) {
    if (sql.empty()) return;
    const NodeEntry* const entry = node.find(key);
    const Place& place = entry == nullptr ? node.place : entry->value.place;
    try {
      for (const auto& name : parse_named_parameters(sql).names) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string near = detail::nearest(name, known);
        reader.fault(
            place, path_of_key(path, key), "unknown-name",
            path_of_key(path, key) + " has :" + name + ", which params do not have",
            near.empty() ? "write params: {" + name + ": {type: …}}" : "did you mean :" + near + "?");
      }
    } catch (const Error& error) {
      reader.fault(place, path_of_key(path, key), "wrong-form", path_of_key(path, key) + ": " + error.what());
    }
  };
  look("sql", load.sql);
  look("where", load.where);
}

std::vector<Node> sql_texts(const Node& load) {
  std::vector<Node> texts;
  for (const char* const key : {"sql", "where", "map", "before_sql", "after_sql"}) {
    const NodeEntry* const entry = load.find(key);
    if (entry == nullptr) continue;
    if (entry->value.kind == NodeKind::scalar) texts.push_back(entry->value);
    for (const auto& item : entry->value.items) texts.push_back(item);
    for (const auto& one : entry->value.entries) texts.push_back(one.value);
  }
  return texts;
}

void check_transform(const Node& node, const std::string& path, const LoadDocument& load,
                     NodeReader& reader) {
  if (load.what != LoadDocument::What::table || load.transform.stages.empty()) return;
  const auto refuse = [&](const char* key, const std::string& hint) {
    const NodeEntry* const entry = node.find(key);
    reader.fault(entry == nullptr ? node.place : entry->key_place, path_of_key(path, key), "wrong-form",
                 std::string("beside transform there is no ") + key, hint);
  };
  if (!load.rename.empty()) refuse("rename", "write it as a step: transform: {rename: {a: b}}");
  if (!load.map.empty()) refuse("map", "write it as a step: transform: {add_columns: {b: SQL}}");
  if (!load.exclude_columns.empty()) refuse("columns", "write it as a step: transform: {drop_columns: [a]}");
  const char* const one = "what transforms make is one transaction of one session";
  if (load.delivery == LoadDelivery::slices) refuse("delivery", one);
  if (load.readers > 1) refuse("readers", one);
  if (load.writers > 1) refuse("writers", one);
}

void check_atomic(const Place& place, const std::vector<LoadDocument>& loads, NodeReader& reader) {
  for (const auto& load : loads) {
    std::string why;
    if (load.target != loads.front().target) {
      why = "has another target, and no transaction has two";
    } else if (load.what == LoadDocument::What::tables) {
      why = "is of many tables, which are several transactions";
    } else if (load.delivery == LoadDelivery::slices || load.writers > 1) {
      why = "is delivered in slices, each a transaction";
    } else {
      continue;
    }
    return reader.fault(place, "atomic", "wrong-form", "load \"" + load.name + "\" " + why,
                        "write atomic: each, or a document of its own for that load");
  }
}

}  // namespace leat::documents_detail

namespace leat {

std::optional<Place> place_of(const LoadDocument& load, const Error& error) {
  const std::string_view sql = error.sql();
  if (sql.empty()) return std::nullopt;
  for (const auto& node : load.sql_texts) {
    // What stands behind its last word is no part of a query.
    if (node.kind != NodeKind::scalar || !node.text.starts_with(sql)) continue;
    return documents_detail::place_in_text(node, error.position());
  }
  return std::nullopt;
}

}  // namespace leat
