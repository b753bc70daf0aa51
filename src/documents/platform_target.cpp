#include <algorithm>
#include <string_view>
#include <utility>

#include "documents/native_nodes.hpp"
#include "documents/platform_context.hpp"
#include "documents/platform_parts.hpp"
#include "documents/shown.hpp"
#include "documents/sql_tokens.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

using Names = std::vector<std::string>;

class PersistenceReader {
 public:
  PersistenceReader(PlatformContext& context, Node& load) : context_(context), load_(load) {}

  Node read(const Node& node, const std::string& own) {
    context_.reader.check_keys(node, own,
                               {"table_name", "schema", "dest_db_url", "strategy", "upsert_keys",
                                "validate_schema", "if_exists", "batch_size", "chunk_size"});
    context_.leave_out_sizes(node, own);
    Node target = context_.database(node, own, "dest_db_url", "DEST_DB_URL", "target");
    const auto table = context_.text(node, own, "table_name");
    std::string schema;
    if (const NodeEntry* const entry = given(node, "schema")) {
      if (context_.reader.require_text(entry->value, path_of_key(own, "schema"))) schema = entry->value.text;
    }
    const std::string mode = strategy(node, own);
    if (table) {
      add_entry(load_, "to", text_node(table_as_sql(schema, table->text), table->place));
    }
    add_entry(load_, "mode", text_node(mode, node.place));
    keys(node, own, mode);
    if_exists(node, own, mode);
    if (const NodeEntry* const entry = given(node, "validate_schema")) {
      context_.left_out(*entry, own, "values are checked against the target's own types and constraints",
                        Severity::warning);
    }
    return target;
  }

 private:
  std::string strategy(const Node& node, const std::string& part) {
    const NodeEntry* const entry = node.find("strategy");
    if (entry == nullptr) return "append";
    const std::string own = path_of_key(part, "strategy");
    if (!context_.reader.require_text(entry->value, own)) return "append";
    const std::string word = in_lower_case(entry->value.text);
    if (word == "insert" || word == "append") return "append";
    if (word == "upsert" || word == "replace") return word;
    static const Names words{"insert", "append", "upsert", "replace"};
    const std::string near = detail::nearest(word, words);
    if (context_.reading.corrects && !near.empty()) {
      context_.comment("loads[0].mode", "it was: strategy: " + entry->value.text);
      return near == "insert" ? "append" : near;
    }
    context_.reader.fault(
        entry->value.place, own, "unknown-word",
        own + " " + shown(entry->value.text) + " is not known, and was taken for insert once",
        near.empty() ? "write " + detail::any_of(words) : "did you mean " + near + "?");
    return "append";
  }

  void keys(const Node& node, const std::string& part, const std::string& mode) {
    const NodeEntry* const entry = given(node, "upsert_keys");
    const std::string own = path_of_key(part, "upsert_keys");
    if (mode != "upsert") {
      if (entry != nullptr && !entry->value.items.empty()) {
        context_.left_out(*entry, part, "rows are matched by strategy: upsert alone", Severity::warning);
      }
      return;
    }
    if (entry == nullptr) {
      context_.reader.fault(node.place, own, "missing-key", own + " is missing, which upsert matches rows by",
                            "write upsert_keys: [id]");
      return;
    }
    Node list = entry->value;
    if (context_.reading.corrects && is_text(list)) list = list_node({list}, list.place);
    if (!context_.reader.require_list(list, own)) return;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (!context_.reader.require_text(list.items[i], path_of_item(own, i))) return;
    }
    if (list.items.empty()) context_.reader.fault(list.place, own, "no-value", own + " names no column");
    add_entry(load_, "key", std::move(list));
  }

  void if_exists(const Node& node, const std::string& part, const std::string& mode) {
    const NodeEntry* const entry = given(node, "if_exists");
    const std::string own = path_of_key(part, "if_exists");
    if (entry == nullptr || !context_.reader.require_text(entry->value, own)) return;
    const std::string& word = entry->value.text;
    if (word == "append" || (word == "replace" && mode == "replace")) {
      add_entry(load_, "create", text_node("columns", entry->value.place));
    } else if (word == "replace") {
      context_.reader.fault(entry->value.place, own, "wrong-form",
                            own + ": replace and the strategy say different things",
                            "write strategy: replace, or leave if_exists out");
    } else if (word == "fail") {
      context_.reader.fault(entry->value.place, own, "wrong-form",
                            own + ": no load fails because its table is there",
                            "leave if_exists out, or write if_exists: append, which makes a missing table");
    } else {
      context_.reader.unknown_word(entry->value.place, own, own, word, {"append", "replace", "fail"});
    }
  }

  PlatformContext& context_;
  Node& load_;
};

}  // namespace

Node read_persistence(const Node& node, const std::string& part, PlatformContext& context, Node& load) {
  return PersistenceReader(context, load).read(node, part);
}

}  // namespace leat::documents_detail
