#include "cli/clone_hints.hpp"

#include <string_view>
#include <vector>

namespace leat::cli {
namespace {

/// Cut where that stands.
std::vector<std::string_view> proposals(std::string_view text, std::string_view between) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(between); at != std::string_view::npos; at = text.find(between)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + between.size());
  }
  parts.push_back(text);
  return parts;
}

std::string without_others(const HintOptions& options, std::string_view hint, std::string_view between) {
  std::string out;
  for (const auto part : proposals(hint, between)) {
    if (part.empty() || options.names_others(part)) continue;
    out.append(out.empty() ? "" : between).append(part);
  }
  return out;
}

}  // namespace

std::string hint_of_clone(const HintOptions& options, const std::string& told) {
  const std::string hint = options.in_text(told);
  if (!options.names_others(hint)) return hint;
  std::string out;
  for (const auto sentence : proposals(hint, "; ")) {
    const std::string rest = without_others(options, sentence, ", or ");
    if (!rest.empty()) out += (out.empty() ? "" : "; ") + rest;
  }
  return out.empty() ? "remove the cause on that side, and give the same command again" : out;
}

Error in_words_of_clone(const HintOptions& options, const Error& error) {
  return error.with_message(options.in_text(error.what()))
      .with_hint(hint_of_clone(options, std::string(error.hint())));
}

CopyTablesReport in_words_of_clone(const HintOptions& options, CopyTablesReport report) {
  for (auto& table : report.tables) {
    if (table.error) table.error = in_words_of_clone(options, *table.error);
  }
  return report;
}

}  // namespace leat::cli
