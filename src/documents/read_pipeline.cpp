#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "documents/connection_document.hpp"
#include "documents/load_checks.hpp"
#include "documents/node_reader.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/read_fields.hpp"
#include "leat/documents/stream_fields.hpp"

namespace leat {
namespace documents_detail {
namespace {

/// A key that goes with some kinds of loads only, and what to write instead.
struct KeyOfSome {
  std::string_view key;
  bool with_table;
  bool with_query;
  bool with_tables;
  std::string_view instead;
};
constexpr std::array<KeyOfSome, 18> keys_of_some{{
    {"delivery", true, false, false, "a query is one transaction, and so is each of many tables"},
    {"columns", true, false, false, "write the columns in the query, or a load of its own for the table"},
    {"rename", true, false, false, "write AS in the query, or a load of its own for the table"},
    {"map", true, false, false, "write the expression in the query, or a load of its own for the table"},
    {"where", true, false, false, "write it in the query, or a load of its own for the table"},
    {"inheritance", true, false, true, "write ONLY in the query"},
    {"large_objects", true, false, true, "a query does not say which columns name them"},
    {"readers", true, false, false, "a query is read by one session; of many tables say jobs"},
    {"writers", true, false, false, "a query is written by one session; of many tables say jobs"},
    {"jobs", false, false, true, "of one table say readers and writers"},
    {"exclude", false, false, true, "columns: {exclude: […]} leaves columns out"},
    {"key", true, true, false, "many tables are matched by their primary keys"},
    {"checked_casts", false, true, false, "write the cast under map, or as SQL"},
    {"transform", true, true, false, "write a load of its own for the table"},
    {"expect", true, true, false, "write a load of its own for the table"},
    {"incremental", true, true, false, "write a load of its own for the table"},
    {"before_sql", true, true, false, "write a load of its own for the table"},
    {"after_sql", true, true, false, "write a load of its own for the table"},
}};

std::string_view what_text(LoadDocument::What what) {
  constexpr std::array<std::string_view, 3> texts{"from", "sql", "tables"};
  return texts.at(static_cast<std::size_t>(what));
}

class PipelineReader {
 public:
  PipelineReader(Diagnostics& diagnostics, const TransformSources& transforms)
      : reader_(diagnostics), diagnostics_(diagnostics), transforms_(transforms) {}

  PipelineDocument read(const Node& root) {
    // Each field by its description: all that is wrong with single values.
    read_into(document_, *pipeline_fields(), without(root, {"defaults", "loads", "options"}), "",
              diagnostics_);
    if (root.kind != NodeKind::mapping) return std::move(document_);
    params(root);
    connections(root);
    base_.source = text_of_key(root, "source");
    base_.target = text_of_key(root, "target");
    if (const NodeEntry* const options = root.find("options")) {
      read_into(base_.stream, *stream_fields(), options->value, "options", diagnostics_);
    }
    if (const NodeEntry* const defaults = root.find("defaults")) {
      defaults_ = &defaults->value;
      read_into(base_, *load_fields(), defaults->value, "defaults", diagnostics_);
      for (const std::string_view key : {"name", "from", "sql", "tables", "to", "after"}) {
        const NodeEntry* const entry = defaults->value.find(key);
        if (entry == nullptr) continue;
        reader_.fault(entry->key_place, path_of_key("defaults", key), "wrong-form",
                      "defaults has no " + std::string(key), "it is of one load: write it there");
      }
    }
    run_settings(root);
    if (const NodeEntry* const loads = root.find("loads")) all_loads(loads->value);
    order();
    if (document_.atomic == Atomic::all) {
      check_atomic(root.find("atomic")->key_place, document_.loads, reader_);
    }
    return std::move(document_);
  }

 private:
  /// The loads, and what they have by default, are read one by one.
  static Node without(const Node& root, const std::vector<std::string_view>& keys) {
    Node rest = root;
    for (auto& entry : rest.entries) {
      if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) continue;
      entry.value.items.clear();
      entry.value.entries.clear();
    }
    return rest;
  }

  static std::string text_of_key(const Node& mapping, std::string_view key) {
    const NodeEntry* const entry = mapping.find(key);
    return entry != nullptr && entry->value.kind == NodeKind::scalar ? entry->value.text : "";
  }

  void params(const Node& root) {
    const NodeEntry* const params = root.find("params");
    if (params == nullptr) return;
    Diagnostics told;  // by read()
    for (const auto& entry : params->value.entries) {
      PipelineParam param;
      const auto& type = pipeline_fields()->find("params")->type.inner.front();
      read_into(param, *type.fields, entry.value, "", told);
      const std::string path = path_of_key("params", entry.key);
      if (param.required && param.otherwise) {
        reader_.fault(entry.key_place, path, "wrong-form", path + " is required and has a default",
                      "leave one of them out");
      }
      const auto& words = param.one_of;
      if (param.otherwise && !words.empty() &&
          std::find(words.begin(), words.end(), *param.otherwise) == words.end()) {
        reader_.fault(entry.key_place, path, "out-of-range", "the default of " + path + " is none of one_of");
      }
      document_.params.emplace(entry.key, std::move(param));
    }
  }

  void run_settings(const Node& root) {
    Diagnostics told;  // by read()
    if (const NodeEntry* const run = root.find("run")) {
      read_into(document_.run, *run_fields(), run->value, "run", told);
    }
    if (const NodeEntry* const schedule = root.find("schedule")) {
      read_into(document_.schedule.emplace(), *schedule_fields(), schedule->value, "schedule", told);
      const NodeEntry* const cron = schedule->value.find("cron");
      const std::string fault = cron == nullptr ? "" : cron_fault(document_.schedule->cron);
      if (!fault.empty()) {
        reader_.fault(cron->value.place, "schedule.cron", "wrong-form", fault,
                      "0 3 * * 1-5 is each working day at three");
      }
    }
    const NodeEntry* const notify = root.find("notify");
    if (notify == nullptr || notify->value.kind != NodeKind::sequence) return;
    for (const auto& one : notify->value.items) {
      read_into(document_.notify.emplace_back(), *notice_fields(), one, "notify", told);
    }
  }

  void connections(const Node& root) {
    const NodeEntry* const all = root.find("connections");
    if (all == nullptr) return;
    for (const auto& entry : all->value.entries) {
      auto one = connection_of(entry.value, entry.key, path_of_key("connections", entry.key), reader_);
      if (one) document_.connections.emplace(entry.key, std::move(*one));
    }
  }

  void all_loads(const Node& loads) {
    if (loads.kind != NodeKind::sequence) return;
    if (loads.items.empty()) reader_.fault(loads.place, "loads", "no-value", "loads has no load");
    for (std::size_t i = 0; i < loads.items.size(); ++i) {
      if (auto load = one_load(loads.items[i], path_of_item("loads", i))) {
        document_.loads.push_back(std::move(*load));
      }
    }
  }

  std::optional<LoadDocument> one_load(const Node& node, const std::string& path) {
    LoadDocument load = base_;
    read_into(load, *load_fields(), node, path, diagnostics_);
    if (node.kind != NodeKind::mapping) return std::nullopt;
    load.place = node.place;
    if (!what(node, path, load)) return std::nullopt;
    for (const auto& one : keys_of_some) {
      const NodeEntry* const entry = node.find(one.key);
      const bool fits = load.what == LoadDocument::What::table   ? one.with_table
                        : load.what == LoadDocument::What::query ? one.with_query
                                                                 : one.with_tables;
      if (entry == nullptr || fits) continue;
      reader_.fault(entry->key_place, path_of_key(path, entry->key), "wrong-form",
                    "beside " + std::string(what_text(load.what)) + " there is no " + entry->key,
                    std::string(one.instead));
    }
    const NodeEntry* transform = node.find("transform");
    if (transform != nullptr) {
      load.transform =
          read_transforms(transform->value, path_of_key(path, "transform"), diagnostics_, transforms_);
    } else if (defaults_ != nullptr && defaults_->find("transform") != nullptr &&
               load.what != LoadDocument::What::tables) {
      load.transform = read_transforms(defaults_->find("transform")->value, "defaults.transform",
                                       diagnostics_, transforms_);
    }
    load.sql_texts = sql_texts(node);
    if (const NodeEntry* const expect = node.find("expect")) {
      load.expect = read_expectations(expect->value, path_of_key(path, "expect"), diagnostics_);
    } else if (defaults_ != nullptr && defaults_->find("expect") != nullptr &&
               load.what != LoadDocument::What::tables) {
      load.expect = read_expectations(defaults_->find("expect")->value, "defaults.expect", diagnostics_);
    }
    sides(node, path, load);
    check_target_name(node, path, load, reader_);
    check_transform(node, path, load, reader_);
    std::vector<std::string> params;
    for (const auto& param : document_.params) params.push_back(param.first);
    check_params(node, path, load, params, reader_);
    if (load.name.empty()) load.name = default_name(load);
    constexpr std::size_t longest_name = 120;  // with what stands before it, a name of the ledger
    if (load.name.size() > longest_name) {
      reader_.fault(load.place, path, "out-of-range", "the load's name is longer than 120 characters",
                    "give it one: name: orders");
    }
    const auto same = std::find_if(document_.loads.begin(), document_.loads.end(),
                                   [&load](const LoadDocument& one) { return one.name == load.name; });
    if (same != document_.loads.end()) {
      reader_.fault(load.place, path, "duplicate-name", "two loads are called \"" + load.name + "\"",
                    "give one of them a name: the other one is at " + to_text(same->place));
    }
    return load;
  }

  /// Which of from, sql and tables it has.
  bool what(const Node& node, const std::string& path, LoadDocument& load) {
    std::vector<std::string> given;
    for (const char* const key : {"from", "sql", "tables"}) {
      if (node.find(key) != nullptr) given.emplace_back(key);
    }
    if (given.size() != 1) {
      reader_.fault(
          node.place, path, given.empty() ? "missing-key" : "wrong-form",
          given.empty() ? path + " says not what is loaded" : path + " has " + given[0] + " and " + given[1],
          "write one of from: TABLE, sql: QUERY and tables: PATTERN");
      return false;
    }
    load.what = given[0] == "from"  ? LoadDocument::What::table
                : given[0] == "sql" ? LoadDocument::What::query
                                    : LoadDocument::What::tables;
    if (load.what != LoadDocument::What::query) return true;
    if (load.to.empty()) {
      reader_.fault(node.place, path, "missing-key", path_of_key(path, "to") + " is missing",
                    "a query's rows need a table: to: dwh.orders");
    }
    return true;
  }

  void sides(const Node& node, const std::string& path, const LoadDocument& load) {
    for (const auto& [key, side] : {std::pair("source", &load.source), std::pair("target", &load.target)}) {
      if (!side->empty()) continue;
      reader_.fault(node.place, path, "missing-key", path_of_key(path, key) + " is missing",
                    std::string("write ") + key + ": CONNECTION here, or once for the document");
    }
  }

  static std::string default_name(const LoadDocument& load) {
    if (load.what == LoadDocument::What::tables) return load.tables.empty() ? "tables" : load.tables.front();
    return load.to.empty() ? load.from : load.to;
  }

  /// Each load behind those that it waits for; among those that may run, as they stand.
  void order() {
    auto& loads = document_.loads;
    std::vector<std::string> names;
    for (const auto& load : loads) names.push_back(load.name);
    for (const auto& load : loads) {
      for (const auto& before : load.after) {
        if (std::find(names.begin(), names.end(), before) != names.end()) continue;
        const std::string near = detail::nearest(before, names);
        reader_.fault(
            load.place, "loads", "unknown-name",
            "load \"" + load.name + "\" waits for \"" + before + "\", which is no load of this document",
            near.empty() ? "" : "did you mean " + near + "?");
        return;
      }
    }
    std::vector<LoadDocument> sorted;
    const auto is_done = [&sorted](const std::string& name) {
      return std::any_of(sorted.begin(), sorted.end(),
                         [&name](const LoadDocument& one) { return one.name == name; });
    };
    while (!loads.empty()) {
      const auto next = std::find_if(loads.begin(), loads.end(), [&is_done](const LoadDocument& one) {
        return std::all_of(one.after.begin(), one.after.end(), is_done);
      });
      if (next == loads.end()) {
        reader_.fault(
            loads.front().place, "loads", "cycle",
            "load \"" + loads.front().name + "\" waits for itself, by way of " + loads.front().after.front());
        return;
      }
      sorted.push_back(std::move(*next));
      loads.erase(next);
    }
    loads = std::move(sorted);
  }

  NodeReader reader_;
  Diagnostics& diagnostics_;
  const TransformSources& transforms_;
  PipelineDocument document_;
  LoadDocument base_;
  const Node* defaults_ = nullptr;
};

}  // namespace
}  // namespace documents_detail

PipelineDocument read_pipeline(const Node& document, Diagnostics& diagnostics,
                               const TransformSources& transforms) {
  return documents_detail::PipelineReader(diagnostics, transforms).read(document);
}

}  // namespace leat
