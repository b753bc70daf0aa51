#include <algorithm>
#include <array>

#include "leat/registry/compare_schemas.hpp"

namespace leat {
namespace {

using Kind = SchemaChangeKind;
using Verdict = SchemaVerdict;

struct VerdictLine {
  Kind kind;
  std::string_view name;
  Verdict backward;
  Verdict forward;
  Verdict readers;
};

// `full` is what both backward and forward allow.
constexpr std::array<VerdictLine, 19> verdicts{{
    {Kind::column_added, "column_added", Verdict::ok, Verdict::ok, Verdict::remark},
    {Kind::required_column_added, "required_column_added", Verdict::no, Verdict::ok, Verdict::remark},
    {Kind::column_dropped, "column_dropped", Verdict::ok, Verdict::ok, Verdict::no},
    {Kind::required_column_dropped, "required_column_dropped", Verdict::ok, Verdict::no, Verdict::no},
    {Kind::type_widened, "type_widened", Verdict::ok, Verdict::no, Verdict::ok},
    {Kind::type_converted, "type_converted", Verdict::ok, Verdict::no, Verdict::no},
    {Kind::type_narrowed, "type_narrowed", Verdict::no, Verdict::ok, Verdict::no},
    {Kind::type_changed, "type_changed", Verdict::no, Verdict::no, Verdict::no},
    {Kind::null_allowed, "null_allowed", Verdict::ok, Verdict::no, Verdict::remark},
    {Kind::null_refused, "null_refused", Verdict::no, Verdict::ok, Verdict::ok},
    {Kind::key_added, "key_added", Verdict::no, Verdict::ok, Verdict::ok},
    {Kind::key_dropped, "key_dropped", Verdict::ok, Verdict::no, Verdict::no},
    {Kind::key_changed, "key_changed", Verdict::no, Verdict::no, Verdict::no},
    {Kind::label_added, "label_added", Verdict::ok, Verdict::no, Verdict::remark},
    {Kind::label_removed, "label_removed", Verdict::no, Verdict::ok, Verdict::no},
    {Kind::collation_changed, "collation_changed", Verdict::no, Verdict::no, Verdict::no},
    {Kind::default_changed, "default_changed", Verdict::ok, Verdict::ok, Verdict::ok},
    {Kind::description_changed, "description_changed", Verdict::ok, Verdict::ok, Verdict::ok},
    {Kind::order_changed, "order_changed", Verdict::ok, Verdict::ok, Verdict::remark},
}};

const VerdictLine& line_of(Kind kind) {
  for (const auto& line : verdicts) {
    if (line.kind == kind) return line;
  }
  return verdicts.front();
}

}  // namespace

std::string_view to_string(SchemaChangeKind kind) {
  return line_of(kind).name;
}

std::string_view to_string(SchemaVerdict verdict) {
  switch (verdict) {
    case SchemaVerdict::ok:
      return "ok";
    case SchemaVerdict::remark:
      return "remark";
    case SchemaVerdict::no:
      break;
  }
  return "no";
}

SchemaVerdict verdict_of(SchemaChangeKind kind, SchemaRuleKind rule) {
  const VerdictLine& line = line_of(kind);
  switch (rule) {
    case SchemaRuleKind::backward:
      return line.backward;
    case SchemaRuleKind::forward:
      return line.forward;
    case SchemaRuleKind::full:
      return std::max(line.backward, line.forward);
    case SchemaRuleKind::readers:
      return line.readers;
    case SchemaRuleKind::none:
      break;
  }
  return SchemaVerdict::ok;
}

bool allows(std::span<const SchemaChange> changes) noexcept {
  for (const auto& change : changes) {
    if (change.verdict == SchemaVerdict::no) return false;
  }
  return true;
}

}  // namespace leat
