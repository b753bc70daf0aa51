#include "leat/data/store/finding.hpp"

#include <algorithm>

#include "leat/core/detail/report_lines.hpp"

namespace leat {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      break;
  }
  return "note";
}

Finding to_finding(std::string code, const Error& error) {
  return {.code = std::move(code),
          .side = error.kind(),
          .message = error.what(),
          .sqlstate = std::string(error.sqlstate()),
          .detail = std::string(error.detail()),
          .hint = std::string(error.hint())};
}

std::string to_text(const Finding& finding) {
  std::string out;
  out.append(to_string(finding.severity)).append(": ").append(finding.code);
  if (!finding.sqlstate.empty()) out.append(" (").append(finding.sqlstate).append(")");
  out.append(": ").append(finding.message).append("\n");
  detail::add_line(out, "  detail", finding.detail);
  detail::add_line(out, "  hint", finding.hint);
  return out;
}

bool has_error(std::span<const Finding> findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::error; });
}

Error to_error(std::span<const Finding> findings) {
  std::vector<const Finding*> errors;
  for (const auto& finding : findings) {
    if (finding.severity == Severity::error) errors.push_back(&finding);
  }
  const Finding& first = *errors.front();
  if (errors.size() == 1) {
    return {
        first.side, first.message, {.sqlstate = first.sqlstate, .detail = first.detail, .hint = first.hint}};
  }
  std::string message = std::to_string(errors.size()) + " things stand against it";
  std::string hints;
  for (const Finding* error : errors) {
    message += "\n  " + std::string(to_string(error->side)) + ": " + error->message;
    if (!error->detail.empty()) message += " (" + error->detail + ")";
    if (error->hint.empty() || hints.find(error->hint) != std::string::npos) continue;
    hints += (hints.empty() ? "" : "; ") + error->hint;
  }
  return {first.side, message, {.sqlstate = first.sqlstate, .hint = hints}};
}

}  // namespace leat
