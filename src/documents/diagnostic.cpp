#include "leat/documents/diagnostic.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "documents/excerpt.hpp"
#include "leat/core/detail/printable.hpp"

namespace leat {

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  if (all_.size() == most) {
    ++left_out_;
    return;
  }
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::hide(const Place& place) {
  if (place.line > 0) hidden_.push_back(place);
}

std::vector<Diagnostic> Diagnostics::in_order() const {
  std::vector<const SourceText*> sources;
  for (const auto& one : all_) {
    if (std::find(sources.begin(), sources.end(), one.place.source.get()) == sources.end()) {
      sources.push_back(one.place.source.get());
    }
  }
  const auto rank = [&sources](const Diagnostic& one) {
    const auto source = std::find(sources.begin(), sources.end(), one.place.source.get()) - sources.begin();
    return std::tuple(source, one.place.line, one.place.column);
  };
  std::vector<Diagnostic> ordered = all_;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return ordered;
}

std::string to_text(const Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.in_order()) {
    const std::string place = to_text(one.place);
    out += place + (place.empty() ? "" : ": ");
    if (one.severity != Severity::error) out.append(to_string(one.severity)).append(": ");
    out += one.message + " [" + one.code + "]\n";
    out += documents_detail::excerpt(one.place, diagnostics.hidden());
    if (!one.hint.empty()) out += "   hint: " + one.hint + "\n";
  }
  if (diagnostics.left_out() > 0) out += std::to_string(diagnostics.left_out()) + " more are not shown\n";
  return detail::printable(out);
}

}  // namespace leat
