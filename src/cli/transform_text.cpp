#include "cli/transform_text.hpp"

#include <algorithm>

namespace leat::cli {
namespace {

const QueryColumn* named_column(const std::vector<QueryColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&name](const QueryColumn& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace

std::string columns_text(const std::vector<QueryColumn>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

std::string transform_list(const std::vector<TransformSummary>& transforms) {
  if (transforms.empty()) return "no transforms\n";
  std::string text;
  for (const auto& one : transforms) {
    text += one.name + "@" + std::to_string(one.version) + ": " + one.kind +
            (one.versions > 1 ? ", " + std::to_string(one.versions) + " versions" : "") + ", since " +
            one.created_at + ", by " + one.created_by +
            (one.description.empty() ? "" : ": " + one.description) + "\n";
  }
  return text;
}

std::string transform_text(const RegisteredTransform& transform) {
  const std::size_t tests = test_count(transform);
  return transform.reference() + "\n" +
         (transform.description.empty() ? "" : "  description: " + transform.description + "\n") +
         "  kind: " + transform.kind + "\n  registered: " + transform.created_at + ", by " +
         transform.created_by + "\n  reads: " + columns_text(transform.input) +
         "\n  makes: " + columns_text(transform.output) + "\n  tests: " + std::to_string(tests) +
         "\n  sha256: " + transform.sha256 + "\n\n" + transform.text +
         (transform.text.ends_with('\n') ? "" : "\n");
}

std::string changes_text(const RegisteredTransform& before, const RegisteredTransform& now) {
  std::string added;
  std::string gone;
  std::string text;
  const auto add = [](std::string& list, const std::string& one) {
    list += (list.empty() ? "" : ", ") + one;
  };
  for (const auto& column : now.output) {
    const QueryColumn* const old = named_column(before.output, column.name);
    if (old == nullptr) add(added, column.name + " " + column.type);
    if (old != nullptr && old->type != column.type) {
      text += "  " + column.name + " is " + column.type + ", and was " + old->type + " in @" +
              std::to_string(before.version) + "\n";
    }
  }
  for (const auto& column : before.output) {
    if (named_column(now.output, column.name) == nullptr) add(gone, column.name);
  }
  if (!added.empty()) text += "  more than @" + std::to_string(before.version) + ": " + added + "\n";
  if (!gone.empty()) text += "  no longer, as in @" + std::to_string(before.version) + ": " + gone + "\n";
  return text;
}

}  // namespace leat::cli
