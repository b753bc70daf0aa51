#include "leat/documents/platform_document.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "documents/native_nodes.hpp"
#include "documents/platform_context.hpp"
#include "documents/platform_mends.hpp"
#include "documents/platform_parts.hpp"
#include "documents/shown.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat {
namespace documents_detail {
namespace {

using Names = std::vector<std::string>;

class PlatformReader {
 public:
  PlatformReader(const PlatformReading& reading, Diagnostics& diagnostics) : context_(reading, diagnostics) {}

  NativeDocument read(const Node& root) {
    const Node* parts = &root;
    id(root, "");
    if (const NodeEntry* const wrapped = root.find("pipeline_config")) {
      prefix_ = "pipeline_config";
      context_.reader.check_keys(root, "", {"pipeline_config", "pipeline_id"});
      parts = &wrapped->value;
      if (!context_.reader.require_mapping(*parts, prefix_)) return result();
      id(*parts, prefix_);
    }
    context_.reader.check_keys(*parts, prefix_,
                               {"ingestion", "transformation", "persistence", "pipeline_id"});
    params_ = mapping_node(root.place);
    load_ = mapping_node(root.place);
    ingestion(*parts);
    transformation(*parts);
    if (const Node* const persistence = part(*parts, "persistence")) {
      target_ = read_persistence(*persistence, path("persistence"), context_, load_);
    }
    assemble(root);
    return result();
  }

 private:
  NativeDocument result() {
    return {.document = std::move(document_), .comments = std::move(context_.comments)};
  }

  [[nodiscard]] std::string path(const std::string& key) const { return path_of_key(prefix_, key); }

  void id(const Node& node, const std::string& part) {
    const NodeEntry* const entry = given(node, "pipeline_id");
    if (entry == nullptr) return;
    if (!context_.reader.require_text(entry->value, path_of_key(part, "pipeline_id"))) return;
    if (!entry->value.text.empty()) id_ = entry->value;
  }

  /// A part of the document, or null, which was told.
  const Node* part(const Node& parts, const char* key) {
    const Node* const node = context_.reader.required(parts, prefix_, key);
    return node != nullptr && context_.reader.require_mapping(*node, path(key)) ? node : nullptr;
  }

  void ingestion(const Node& parts) {
    const Node* const node = part(parts, "ingestion");
    if (node == nullptr) return;
    const std::string own = path("ingestion");
    context_.reader.check_keys(*node, own,
                               {"query", "source_db_url", "parameters", "batch_size", "chunk_size"});
    context_.leave_out_sizes(*node, own);
    if (auto query = context_.text(*node, own, "query")) add_entry(load_, "sql", std::move(*query));
    source_ = context_.database(*node, own, "source_db_url", "SOURCE_DB_URL", "source");
    parameters(*node, own);
  }

  void parameters(const Node& mapping, const std::string& part) {
    const NodeEntry* const entry = given(mapping, "parameters");
    if (entry == nullptr) return;
    const std::string own = path_of_key(part, "parameters");
    if (!context_.reader.require_mapping(entry->value, own)) return;
    for (const auto& one : entry->value.entries) {
      auto param = param_of(one, path_of_key(own, one.key), context_.reader);
      if (!param) continue;
      const NodeEntry* const known = params_.find(one.key);
      if (known == nullptr) {
        params_.entries.push_back({.key = one.key, .key_place = one.key_place, .value = std::move(*param)});
      } else if (to_json(known->value) != to_json(*param)) {
        context_.reader.fault(one.key_place, path_of_key(own, one.key), "duplicate-name",
                              path_of_key(own, one.key) + " has another value than that of the query",
                              "call one of them otherwise: a document has one value of :" + one.key);
      }
    }
  }

  void transformation(const Node& parts) {
    const NodeEntry* const entry = given(parts, "transformation");
    if (entry == nullptr)
      return last_select(load_.entries.empty() ? nullptr : &load_.entries.front().value,
                         path_of_key(path("ingestion"), "query"), "sql");
    const std::string own = path("transformation");
    const Node& node = entry->value;
    if (!context_.reader.require_mapping(node, own)) return;
    context_.reader.check_keys(node, own, {"type", "config"});
    const NodeEntry* const type = given(node, "type");
    if (type == nullptr) {
      if (const NodeEntry* const config = given(node, "config");
          config != nullptr && !config->value.entries.empty()) {
        context_.reader.fault(node.place, own, "missing-key", own + " has a config and no type",
                              "write type: sql or type: config");
      }
      return;
    }
    static const Names types{"sql", "config", "code"};
    if (!context_.reader.require_text(type->value, path_of_key(own, "type"))) return;
    const std::string& word = type->value.text;
    if (std::find(types.begin(), types.end(), word) == types.end()) {
      context_.reader.unknown_word(type->value.place, path_of_key(own, "type"), "the type", word, types);
      return;
    }
    if (word == "code") return code(type->value, node, path_of_key(own, "type"));
    const Node* const config = context_.reader.required(node, own, "config");
    const std::string inner = path_of_key(own, "config");
    if (config == nullptr || !context_.reader.require_mapping(*config, inner)) return;
    if (word == "sql") {
      select(*config, inner);
    } else {
      steps(*config, inner);
    }
  }

  void code(const Node& at, const Node& node, const std::string& own) {
    std::string function = "FILE.py:FUNCTION";
    if (const NodeEntry* const config = node.find("config")) {
      if (const NodeEntry* const named = config->value.find("function_path")) function = named->value.text;
    }
    context_.reader.fault(
        at.place, own, "code",
        own + ": leat does not run Python itself, so " + shown(function) + " is not called",
        "write what it does as type: sql (sql_query: SELECT … FROM input_data) or type: config, or as a "
        "row hook in C++ (docs/hooks.md)");
  }

  void select(const Node& config, const std::string& own) {
    context_.reader.check_keys(config, own, {"sql_query", "parameters"});
    auto sql = context_.text(config, own, "sql_query");
    parameters(config, own);
    if (!sql) return;
    name_relation(sql->text);
    last_select(&*sql, path_of_key(own, "sql_query"), "transform.sql");
    add_entry(load_, "transform", one_entry("sql", std::move(*sql)));
  }

  /// The SELECT whose columns get into the target.
  void last_select(Node* sql, const std::string& own, const std::string& in_load) {
    if (sql == nullptr) return;
    mend_select(*sql, own,
                {.corrects = context_.reading.corrects,
                 .on_correction =
                     [&](const std::string&, const std::string& stood) {
                       context_.comment("loads[0]." + in_load, "it was: " + stood);
                     }},
                context_.diagnostics);
  }

  void steps(const Node& config, const std::string& own) {
    context_.reader.check_keys(config, own, {"config"});
    const Node* const written = context_.reader.required(config, own, "config");
    if (written == nullptr) return;
    const std::string inner = path_of_key(own, "config");
    Node steps = *written;
    if (is_text(steps)) {
      auto file = steps_of_file(steps, inner, {context_.reading.directory, context_.reading.stop},
                                context_.reader, context_.diagnostics);
      if (!file) return;
      steps = std::move(*file);
    }
    if (!context_.reader.require_mapping(steps, inner)) return;
    const auto version = std::find_if(steps.entries.begin(), steps.entries.end(),
                                      [](const NodeEntry& one) { return one.key == "version"; });
    if (version != steps.entries.end()) {
      context_.left_out(*version, inner, "a transform's version is that of its content");
      steps.entries.erase(version);
    }
    mend_steps(steps,
               {.path = inner,
                .corrects = context_.reading.corrects,
                .on_correction =
                    [this](const std::string& at, const std::string& stood) {
                      context_.comment("loads[0].transform." + at, "it was: " + stood);
                    }},
               context_.diagnostics);
    if (steps.entries.empty()) return;
    static_cast<void>(read_transforms(steps, inner, context_.diagnostics));
    add_entry(load_, "transform", std::move(steps));
  }

  /// Each :name of the SQL has a value.
  void check_names(const Node& sql, const std::string& own) {
    try {
      for (const auto& name : parse_named_parameters(sql.text).names) {
        if (params_.find(name) != nullptr) continue;
        context_.reader.fault(sql.place, own, "unknown-name", own + " has :" + name + ", which has no value",
                              "write parameters: {" + name + ": …}");
      }
    } catch (const Error& error) {
      context_.reader.fault(sql.place, own, "wrong-form", own + ": " + error.what());
    }
  }

  void assemble(const Node& root) {
    if (const NodeEntry* const sql = load_.find("sql")) {
      check_names(sql->value, path_of_key(path("ingestion"), "query"));
    }
    const NodeEntry* const transform = load_.find("transform");
    const NodeEntry* const select = transform == nullptr ? nullptr : transform->value.find("sql");
    if (select != nullptr) {
      check_names(select->value, path_of_key(path_of_key(path("transformation"), "config"), "sql_query"));
    }
    Node& document = document_;
    document = mapping_node(root.place);
    add_entry(document, "leat", plain_node("1", root.place));
    if (id_) {
      add_entry(document, "name", text_node(as_name(id_->text), id_->place));
      add_entry(document, "labels", one_entry("pipeline_id", *id_));
    }
    if (!params_.entries.empty()) add_entry(document, "params", std::move(params_));
    Node connections = mapping_node(root.place);
    add_entry(connections, "source", std::move(source_));
    add_entry(connections, "target", std::move(target_));
    add_entry(document, "connections", std::move(connections));
    add_entry(document, "source", text_node("source", root.place));
    add_entry(document, "target", text_node("target", root.place));
    context_.comment("loads[0].checked_casts",
                     "a value goes into another type of the target's where it survives it");
    add_entry(load_, "checked_casts", plain_node("true", root.place));
    add_entry(document, "loads", list_node({std::move(load_)}, root.place));
  }

  PlatformContext context_;
  Node document_;
  std::string prefix_;
  std::optional<Node> id_;
  Node params_;
  Node source_;
  Node target_;
  Node load_;
};

}  // namespace
}  // namespace documents_detail

bool is_platform_document(const Node& document) noexcept {
  if (document.kind != NodeKind::mapping || document.find("leat") != nullptr) return false;
  constexpr std::array<std::string_view, 3> keys{"pipeline_config", "ingestion", "persistence"};
  return std::any_of(keys.begin(), keys.end(),
                     [&document](std::string_view key) { return document.find(key) != nullptr; });
}

NativeDocument native_document(const Node& document, const PlatformReading& reading,
                               Diagnostics& diagnostics) {
  return documents_detail::PlatformReader(reading, diagnostics).read(document);
}

}  // namespace leat
