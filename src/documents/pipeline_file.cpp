#include "leat/documents/pipeline_file.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "documents/connection_document.hpp"
#include "documents/node_reader.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/platform_document.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_includes = 100;

std::string name_of(const fs::path& directory, const std::string& file) {
  const fs::path path(file);
  return (path.is_absolute() ? path : directory / path).lexically_normal().string();
}

class FileReader {
 public:
  FileReader(const SubstitutionSources& sources, Diagnostics& diagnostics)
      : sources_(sources), reader_(diagnostics), diagnostics_(diagnostics) {}

  std::optional<Node> read(const std::string& path) {
    auto root = read_document(SourceText::of_file(path, sources_.stop), diagnostics_);
    if (!root || root->kind != NodeKind::mapping) return root;
    open_.push_back(path);
    include_all(*root, fs::path(path).parent_path());
    open_.pop_back();
    return root;
  }

  /// Puts the text of each `sql_file` in its place.
  void read_sql_files(Node& node, const fs::path& directory, const std::string& path) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      read_sql_files(node.items[i], directory, path_of_item(path, i));
    }
    for (auto& entry : node.entries) {
      const std::string own = path_of_key(path, entry.key);
      if (entry.key != "sql_file" || entry.value.kind != NodeKind::scalar) {
        read_sql_files(entry.value, directory, own);
        continue;
      }
      if (node.find("sql") != nullptr) {
        reader_.fault(entry.key_place, own, "wrong-form", path + " has sql and sql_file",
                      "write one of them");
        continue;
      }
      const auto source = source_of(name_of(directory, entry.value.text), entry.value.place, own);
      if (!source) continue;
      entry.key = "sql";
      Node sql;
      sql.place = {.source = source, .line = 1, .column = 1};
      sql.text = std::string(source->text());
      sql.quoted = true;
      entry.value = std::move(sql);
    }
  }

 private:
  std::shared_ptr<const SourceText> source_of(const std::string& file, const Place& place,
                                              const std::string& path) {
    try {
      return SourceText::of_file(file, sources_.stop);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      reader_.fault(place, path, "file", error.what());
      return nullptr;
    }
  }

  void include_all(Node& root, const fs::path& directory) {
    const NodeEntry* const include = root.find("include");
    if (include == nullptr || include->value.kind != NodeKind::sequence) return;
    const Node list = include->value;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const Node& item = list.items[i];
      const std::string path = path_of_item("include", i);
      if (item.kind != NodeKind::scalar) continue;  // told when the document is read
      const std::string file = name_of(directory, item.text);
      if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
        reader_.fault(item.place, path, "cycle", file + " includes itself");
        continue;
      }
      if (++included_ > most_includes) {
        reader_.fault(item.place, path, "too-many", "more than 100 files are included");
        return;
      }
      const auto source = source_of(file, item.place, path);
      if (!source) continue;
      auto other = read_document(source, diagnostics_);
      if (!other || !reader_.require_mapping(*other, "")) continue;
      open_.push_back(file);
      include_all(*other, fs::path(file).parent_path());
      open_.pop_back();
      merge(root, *other);
    }
  }

  /// What `other` says holds where `root` does not say it.
  void merge(Node& root, Node& other) {
    reader_.check_keys(other, "", {"leat", "include", "connections", "params", "defaults"});
    for (const char* const key : {"connections", "params", "defaults"}) {
      const auto there = std::find_if(other.entries.begin(), other.entries.end(),
                                      [&](const NodeEntry& entry) { return entry.key == key; });
      if (there == other.entries.end()) continue;
      const auto own = std::find_if(root.entries.begin(), root.entries.end(),
                                    [&](const NodeEntry& entry) { return entry.key == key; });
      if (own == root.entries.end()) {
        root.entries.push_back(std::move(*there));
        continue;
      }
      for (auto& entry : there->value.entries) {
        if (own->value.find(entry.key) == nullptr) own->value.entries.push_back(std::move(entry));
      }
    }
  }

  const SubstitutionSources& sources_;
  NodeReader reader_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_;
  std::size_t included_ = 0;
};

/// What finds registered transforms, by the document's `store`, if it has one.
TransformSources sources_in_store(const Node& root, const TransformsOfStore& transforms) {
  const NodeEntry* const store = root.find("store");
  const std::string name = store == nullptr ? "" : store->value.text;
  const NodeEntry* const all = root.find("connections");
  const NodeEntry* const own = all == nullptr || name.empty() ? nullptr : all->value.find(name);
  std::optional<ResolvedConnection> connection;
  if (own != nullptr) {
    Diagnostics told;  // when the document is read
    NodeReader reader(told);
    connection = connection_of(own->value, name, "", reader);
  }
  return transforms(name, connection);
}

std::string json_text_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_content(std::string& out, const Node& node, bool is_secret) {
  switch (node.kind) {
    case NodeKind::scalar:
      if (node.quoted || node.substituted || scalar_type(node) == ScalarType::text) {
        const std::string& text = node.substituted ? node.written : node.text;
        out += is_secret && !node.substituted ? "\"***\"" : json_text_of(redact_secrets(text));
      } else {
        out += node.text;
      }
      return;
    case NodeKind::sequence:
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_content(out, node.items[i], false);
      }
      out += ']';
      return;
    case NodeKind::mapping:
      out += '{';
      for (std::size_t i = 0; i < node.entries.size(); ++i) {
        if (i > 0) out += ',';
        out += json_text_of(node.entries[i].key) + ':';
        append_content(out, node.entries[i].value, node.entries[i].key == "password");
      }
      out += '}';
      return;
  }
}

}  // namespace
}  // namespace documents_detail

std::string content_of(const Node& document) {
  std::string content;
  documents_detail::append_content(content, document, false);
  return content;
}

PipelineDocument read_pipeline_file(const std::string& path, const SubstitutionSources& sources,
                                    Diagnostics& diagnostics, const TransformsOfStore& transforms) {
  documents_detail::FileReader reader(sources, diagnostics);
  auto root = reader.read(path);
  if (!root) return {};
  static const ValueType type = value_types::structure(pipeline_fields());
  SubstitutionSources from_here = sources;
  from_here.directory = std::filesystem::path(path).parent_path();
  if (is_platform_document(*root)) {
    root = native_document(*root, {.directory = from_here.directory, .stop = sources.stop}, diagnostics)
               .document;
    if (diagnostics.has_error()) return {};
  }
  substitute(*root, from_here, diagnostics, &type);
  for (auto& entry : root->entries) {
    if (entry.key == "loads" || entry.key == "defaults") {
      reader.read_sql_files(entry.value, from_here.directory, entry.key);
    }
  }
  TransformSources sources_of_transforms;
  if (transforms) sources_of_transforms = documents_detail::sources_in_store(*root, transforms);
  sources_of_transforms.references = from_here;
  PipelineDocument document = read_pipeline(*root, diagnostics, sources_of_transforms);
  document.content = content_of(*root);
  // The latest version of a transform may be another one next time.
  for (const auto& load : document.loads) {
    for (const auto& used : load.transform.uses) document.content += "\n" + used.resolved;
  }
  if (document.name.empty()) {
    auto stem = std::filesystem::path(path).stem();
    if (stem.extension() == ".leat") stem = stem.stem();
    document.name = stem.string();
  }
  return document;
}

}  // namespace leat
