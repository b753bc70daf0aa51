#include "leat/registry/schema_document.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/read_fields.hpp"
#include "registry/schema_fields.hpp"
#include "registry/schema_type.hpp"

namespace leat {
namespace {

using registry_detail::SchemaColumnText;
using registry_detail::SchemaText;

// What data frames call types, and what that is in PostgreSQL.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> frame_types{{
    {"string", "text"},
    {"str", "text"},
    {"object", "text"},
    {"int", "bigint"},
    {"integer", "bigint"},
    {"int64", "bigint"},
    {"int32", "integer"},
    {"float", "double precision"},
    {"double", "double precision"},
    {"float64", "double precision"},
    {"bool", "boolean"},
    {"boolean", "boolean"},
    {"datetime", "timestamp without time zone"},
    {"date", "timestamp without time zone"},
    {"timestamp", "timestamp without time zone"},
    {"datetime64[ns]", "timestamp without time zone"},
}};

std::string in_small_letters(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string as_literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

/// Without keys whose value is null, which programs write for what there is not.
void leave_out_nulls(Node& mapping) {
  std::erase_if(mapping.entries, [](const NodeEntry& entry) {
    const bool may_be = entry.key == "default" || entry.key == "description" || entry.key == "created_at";
    return may_be && entry.value.kind == NodeKind::scalar && scalar_type(entry.value) == ScalarType::null;
  });
  for (auto& entry : mapping.entries) {
    if (entry.key != "columns") continue;
    for (auto& column : entry.value.items) leave_out_nulls(column);
  }
}

class SchemaReader {
 public:
  SchemaReader(const Node& root, Diagnostics& diagnostics) : root_(root), diagnostics_(diagnostics) {}

  RegisteredSchema read() {
    SchemaText text;
    read_into(text, *schema_fields(), root_, "", diagnostics_);
    RegisteredSchema schema{.description = std::move(text.description),
                            .strict = text.strict,
                            .allow_extra_columns = text.allow_extra_columns};
    const NodeEntry* const columns = root_.find("columns");
    if (columns == nullptr || columns->value.kind != NodeKind::sequence) return schema;
    if (columns->value.items.empty()) fault(columns->value, "columns", "no-value", "columns has no column");
    for (std::size_t i = 0; i < columns->value.items.size(); ++i) {
      const Node& node = columns->value.items[i];
      if (node.kind == NodeKind::mapping) column(schema, node, path_of_item("columns", i));
    }
    key(schema, text.key);
    // What documents with such words mean where they do not say it.
    if (has_dtype_ && root_.find("allow_extra_columns") == nullptr) schema.allow_extra_columns = true;
    return schema;
  }

 private:
  void column(RegisteredSchema& schema, const Node& node, const std::string& path) {
    SchemaColumnText text;
    Diagnostics told;  // by read()
    read_into(text, *registry_detail::schema_column_fields(), node, path, told);
    RegisteredColumn column{.name = std::move(text.name),
                            .nullable = text.nullable && !text.key,
                            .collation = std::move(text.collation),
                            .description = std::move(text.description),
                            .labels = std::move(text.labels)};
    type(column, text, node, path);
    if (const NodeEntry* const entry = node.find("default")) {
      column.default_value = default_value(entry->value, !text.dtype.empty(), path_of_key(path, "default"));
    }
    if (text.key) {
      const NodeEntry* const nullable = node.find("nullable");
      if (nullable != nullptr && text.nullable) {
        fault(nullable->value, path_of_key(path, "nullable"), "wrong-form",
              "a column of the key cannot be NULL", "leave nullable out");
      }
      column.key = ++keys_;
    }
    if (schema.find(column.name) != nullptr) {
      const NodeEntry* const name = node.find("name");
      fault(name == nullptr ? node : name->value, path, "duplicate-name",
            "two columns are called \"" + column.name + "\"");
    }
    schema.columns.push_back(std::move(column));
  }

  void type(RegisteredColumn& column, const SchemaColumnText& text, const Node& node,
            const std::string& path) {
    const NodeEntry* const type = node.find("type");
    const NodeEntry* const dtype = node.find("dtype");
    has_dtype_ = has_dtype_ || dtype != nullptr;
    if (type != nullptr && dtype != nullptr) {
      fault(dtype->value, path_of_key(path, "dtype"), "wrong-form", path + " has type and dtype",
            "leave one of them out");
    } else if (type == nullptr && dtype == nullptr) {
      fault(node, path, "missing-key", path_of_key(path, "type") + " is missing", "for example type: text");
    } else if (dtype != nullptr) {
      frame_type(column, text.dtype, dtype->value, path_of_key(path, "dtype"));
    } else if (!text.type.empty()) {
      sql_type(column, text.type, type->value, path_of_key(path, "type"));
    }
    const NodeEntry* const labels = node.find("labels");
    const auto known = registry_detail::read_schema_type(column.type);
    if (labels != nullptr && known && known->info.kind != TypeKind::array && known->info.base != 0 &&
        known->info.base < first_user_oid) {
      fault(labels->value, path_of_key(path, "labels"), "wrong-form", column.type + " has no labels",
            "labels are of an enum, whose type has a schema: public.mood");
    }
  }

  void sql_type(RegisteredColumn& column, const std::string& text, const Node& node,
                const std::string& path) {
    if (const auto known = registry_detail::read_schema_type(text)) {
      column.type = known->spelled;
      return;
    }
    const std::string near = detail::nearest(text, registry_detail::schema_type_names());
    fault(node, path, "unknown-type", path + ": \"" + text + "\" is no built-in type",
          near.empty() ? "write the schema of a type that is not built in: public." + text
                       : "did you mean " + near + "?");
  }

  void frame_type(RegisteredColumn& column, const std::string& text, const Node& node,
                  const std::string& path) {
    std::vector<std::string> words;
    for (const auto& [word, type] : frame_types) {
      words.emplace_back(word);
      if (word == in_small_letters(text)) column.type = type;
    }
    if (!column.type.empty() || text.empty()) return;
    const std::string near = detail::nearest(text, words);
    fault(node, path, "unknown-type", path + ": \"" + text + "\" is not known",
          near.empty() ? "write " + detail::any_of(words) : "did you mean " + near + "?");
  }

  std::optional<std::string> default_value(const Node& node, bool is_value, const std::string& path) {
    if (node.kind != NodeKind::scalar) {
      fault(node, path, "wrong-type", path + " must be one value", "write it as SQL, in quotes");
      return std::nullopt;
    }
    const ScalarType kind = scalar_type(node);
    if (is_value && kind == ScalarType::text) return as_literal(node.text);
    return node.text;
  }

  void key(RegisteredSchema& schema, const std::vector<std::string>& names) {
    if (names.empty()) return;
    const NodeEntry* const entry = root_.find("key");
    if (keys_ > 0) {
      fault(entry->value, "key", "wrong-form", "the key is said by key, and by columns with key: true",
            "leave one of them out");
      return;
    }
    for (const auto& name : names) {
      const auto column = std::find_if(schema.columns.begin(), schema.columns.end(),
                                       [&](const RegisteredColumn& one) { return one.name == name; });
      if (column == schema.columns.end()) {
        std::vector<std::string> known;
        for (const auto& one : schema.columns) known.push_back(one.name);
        const std::string near = detail::nearest(name, known);
        fault(entry->value, "key", "unknown-word", "key: there is no column \"" + name + "\"",
              near.empty() ? "" : "did you mean " + near + "?");
      } else if (column->key > 0) {
        fault(entry->value, "key", "duplicate-name", "key has the column \"" + name + "\" twice");
      } else {
        column->key = ++keys_;
        column->nullable = false;
      }
    }
  }

  void fault(const Node& node, const std::string& path, const std::string& code, std::string message,
             std::string hint = {}) {
    diagnostics_.add({.place = node.place,
                      .path = path,
                      .code = code,
                      .message = std::move(message),
                      .hint = std::move(hint)});
  }

  const Node& root_;
  Diagnostics& diagnostics_;
  int keys_ = 0;
  bool has_dtype_ = false;
};

}  // namespace

RegisteredSchema read_schema(const Node& document, Diagnostics& diagnostics) {
  Node known = document;
  leave_out_nulls(known);
  return SchemaReader(known, diagnostics).read();
}

std::optional<RegisteredSchema> read_schema_file(const std::string& path, Diagnostics& diagnostics,
                                                 const std::stop_token& stop) {
  const auto source = SourceText::of_file(path, stop);
  const auto root = read_document(source, diagnostics);
  if (!root || diagnostics.has_error()) return std::nullopt;
  RegisteredSchema schema = read_schema(*root, diagnostics);
  if (diagnostics.has_error()) return std::nullopt;
  return schema;
}

}  // namespace leat
