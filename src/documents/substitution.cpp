#include "leat/documents/substitution.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "documents/shown.hpp"
#include "documents/value_shape.hpp"
#include "leat/core/detail/characters.hpp"
#include "leat/core/detail/descriptor.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/documents/read_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

constexpr std::size_t most_file_bytes = SourceText::most_bytes;

constexpr const char* forms =
    "write ${env:NAME}, ${env:NAME:-default}, ${file:PATH}, ${param:NAME}, ${run:id}, ${run:date} or "
    "${run:attempt}; \"${\" as it is, is written $${";

bool is_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

class Substitution {
 public:
  Substitution(const SubstitutionSources& sources, Diagnostics& diagnostics)
      : sources_(sources), diagnostics_(diagnostics) {}

  void node(Node& node, const std::string& path, const ValueType* type) {
    if (type != nullptr) type = type_for(*type, node.kind);
    switch (node.kind) {
      case NodeKind::scalar:
        if (type != nullptr && type->kind == ValueKind::sql) {
          check_sql(node, path);
        } else {
          scalar(node, path);
        }
        return;
      case NodeKind::sequence: {
        const bool has_inner = type != nullptr && type->kind == ValueKind::list;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
          this->node(node.items[i], path_of_item(path, i), has_inner ? &type->inner.front() : nullptr);
        }
        return;
      }
      case NodeKind::mapping:
        for (auto& entry : node.entries) inner(entry, path, type);
        return;
    }
  }

 private:
  void inner(NodeEntry& entry, const std::string& path, const ValueType* type) {
    const ValueType* of_entry = nullptr;
    if (type != nullptr && type->kind == ValueKind::structure) {
      const DocumentField* field = type->fields->find(entry.key);
      if (field == nullptr) return;
      of_entry = &field->type;
    } else if (type != nullptr && type->kind == ValueKind::map) {
      of_entry = &type->inner.front();
    }
    node(entry.value, path_of_key(path, entry.key), of_entry);
  }

  void scalar(Node& node, const std::string& path) {
    if (node.text.find("${") == std::string::npos) return;
    const std::string_view text = node.text;
    std::string out;
    std::vector<std::string> pieces(1);
    const auto add = [&](std::string_view part) {
      out += part;
      pieces.back() += part;
    };
    bool has_reference = false;
    bool tainted = false;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = text.find("${", at);
      if (begin == std::string_view::npos) {
        add(text.substr(at));
        break;
      }
      if (begin > at && text[begin - 1] == '$') {
        add(text.substr(at, begin - 1 - at));
        add("${");
        at = begin + 2;
        continue;
      }
      add(text.substr(at, begin - at));
      const std::size_t end = text.find('}', begin);
      if (end == std::string_view::npos) {
        fault(node, "${", path, "bad-reference", "a ${ is not closed", forms);
        return;
      }
      const std::string_view reference = text.substr(begin, end + 1 - begin);
      const auto value = value_of(reference.substr(2, reference.size() - 3), tainted,
                                  [&](const char* code, std::string message, std::string hint) {
                                    fault(node, reference, path, code, std::move(message), std::move(hint));
                                  });
      if (value && value->find('\0') != std::string::npos) {
        fault(node, reference, path, "zero-character", "the value has the character U+0000 in it");
      }
      if (value) {
        out += *value;
        pieces.push_back(*value);
        pieces.emplace_back();
      }
      has_reference = true;
      at = end + 1;
    }
    node.written = node.text;
    node.text = std::move(out);
    node.substituted = has_reference;
    if (has_reference) node.pieces = std::move(pieces);
    node.tainted = tainted;
  }

  /// @param tell is called with what is wrong, if there is no value.
  template <class Tell>
  std::optional<std::string> value_of(std::string_view inner, bool& tainted, Tell tell) {
    const std::size_t colon = inner.find(':');
    const std::string_view kind = inner.substr(0, colon);
    const std::string rest(colon == std::string_view::npos ? std::string_view() : inner.substr(colon + 1));
    if (kind == "env") {
      const std::size_t otherwise = rest.find(":-");
      const std::string name = rest.substr(0, otherwise);
      if (is_name(name)) {
        auto value = variable(name);
        const bool is_empty = !value || value->empty();
        if (is_empty && otherwise != std::string::npos) return rest.substr(otherwise + 2);
        if (value) {
          tainted = true;
          return value;
        }
        tell("missing-variable", "the environment variable " + name + " is not set",
             "set it, or write ${env:" + name + ":-default}");
        return std::nullopt;
      }
    } else if (kind == "file" && !rest.empty()) {
      tainted = true;
      return file(rest, tell);
    } else if (kind == "param" && !rest.empty()) {
      const auto found = sources_.params.find(rest);
      if (found != sources_.params.end()) return found->second;
      std::vector<std::string> known;
      for (const auto& [name, value] : sources_.params) known.push_back(name);
      const std::string near = detail::nearest(rest, known);
      tell("missing-parameter", "there is no value of the parameter " + shown(rest),
           near.empty() ? "" : "did you mean " + near + "?");
      return std::nullopt;
    } else if (kind == "run" && (rest == "id" || rest == "date" || rest == "attempt")) {
      const auto found = sources_.run.find(rest);
      if (found != sources_.run.end()) return found->second;
      tell("missing-run-value", "${run:" + rest + "} is known only while the document runs", "");
      return std::nullopt;
    }
    // It is not shown: it may be a part of a password.
    tell("bad-reference", "what stands in ${…} is no variable, file, parameter or value of the run", forms);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const {
    if (sources_.environment) return sources_.environment(name);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }

  template <class Tell>
  std::optional<std::string> file(const std::string& path, Tell tell) {
    try {
      std::string text =
          detail::read_all((sources_.directory / path).string(), "the file", sources_.stop, most_file_bytes);
      if (text.size() > most_file_bytes) {
        tell("missing-file", "the file " + path + " is longer than 1 MiB", "");
        return std::nullopt;
      }
      // Editors and echo end a file with one.
      if (text.ends_with('\n')) text.pop_back();
      if (text.ends_with('\r')) text.pop_back();
      return text;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      tell("missing-file", error.what(), "");
      return std::nullopt;
    }
  }

  void check_sql(const Node& node, const std::string& path) {
    for (const std::string_view kind : {"${env:", "${file:", "${param:", "${run:"}) {
      if (node.text.find(kind) == std::string::npos) continue;
      Diagnostic told{.place = place_of(node, kind),
                      .path = path,
                      .code = "reference-in-sql",
                      .severity = Severity::warning,
                      .message = "nothing is substituted in SQL",
                      .hint = "write :name, and its value under params"};
      diagnostics_.add(std::move(told));
      return;
    }
  }

  void fault(const Node& node, std::string_view part, const std::string& path, const char* code,
             std::string message, std::string hint = {}) {
    diagnostics_.add({.place = place_of(node, part),
                      .path = path,
                      .code = code,
                      .message = std::move(message),
                      .hint = std::move(hint)});
  }

  /// Where a part of a scalar stands, if it is in its first line, or in the next ones of a block.
  static Place place_of(const Node& node, std::string_view part) {
    if (!node.place.source) return node.place;
    constexpr std::size_t lines_looked_at = 1000;
    const SourceText& source = *node.place.source;
    const std::size_t last = std::min(source.lines(), node.place.line + lines_looked_at);
    std::size_t from = 0;
    const std::string_view first = source.line(node.place.line);
    for (std::size_t left = node.place.column - 1; from < first.size() && left > 0; --left) {
      do ++from;
      while (from < first.size() && !detail::begins_character(first[from]));
    }
    for (std::size_t number = node.place.line; number <= last; ++number, from = 0) {
      const std::size_t at = source.line(number).find(part, from);
      if (at != std::string_view::npos) {
        return place_at(node.place.source, source.begin_of(number) + at, part.size());
      }
    }
    return node.place;
  }

  const SubstitutionSources& sources_;
  Diagnostics& diagnostics_;
};

}  // namespace
}  // namespace documents_detail

void substitute(Node& document, const SubstitutionSources& sources, Diagnostics& diagnostics,
                const ValueType* type) {
  documents_detail::Substitution(sources, diagnostics).node(document, "", type);
}

}  // namespace leat
