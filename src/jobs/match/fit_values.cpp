#include "leat/jobs/match/detail/fit_values.hpp"

#include <utility>

#include "jobs/match/type_fit.hpp"

namespace leat::jobs_detail {

ValueFit fit_values(const TypeInfo& from, std::int32_t from_modifier, const TypeInfo& to,
                    std::int32_t to_modifier) {
  TypeFit found = fit({from, from_modifier}, {to, to_modifier});
  if (found.passage == Passage::refused) return {.reason = std::move(found.reason)};
  if (!found.warning.empty()) return {.reason = std::move(found.warning)};
  // What goes as text is read by the target's type, which may refuse it, but for ranges, whose bounds were
  // compared.
  const bool is_read = found.passage == Passage::text && to.kind != TypeKind::range;
  if (is_read) return {.reason = std::move(found.reason)};
  return {.keeps_all = true};
}

}  // namespace leat::jobs_detail
