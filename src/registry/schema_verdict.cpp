#include <algorithm>
#include <array>

#include "leat/registry/compare_schemas.hpp"

namespace leat {
namespace {

using ChangeKind = SchemaChangeKind;
using Verdict = SchemaVerdict;

struct VerdictLine {
  ChangeKind kind;
  std::string_view name;
  Verdict backward;
  Verdict forward;
  Verdict readers;
};

// `full` is what both backward and forward allow.
constexpr std::array<VerdictLine, 19> verdicts{{
    {ChangeKind::column_added, "column_added", Verdict::ok, Verdict::ok, Verdict::remark},
    {ChangeKind::required_column_added, "required_column_added", Verdict::no, Verdict::ok, Verdict::remark},
    {ChangeKind::column_dropped, "column_dropped", Verdict::ok, Verdict::ok, Verdict::no},
    {ChangeKind::required_column_dropped, "required_column_dropped", Verdict::ok, Verdict::no, Verdict::no},
    {ChangeKind::type_widened, "type_widened", Verdict::ok, Verdict::no, Verdict::ok},
    {ChangeKind::type_converted, "type_converted", Verdict::ok, Verdict::no, Verdict::no},
    {ChangeKind::type_narrowed, "type_narrowed", Verdict::no, Verdict::ok, Verdict::no},
    {ChangeKind::type_changed, "type_changed", Verdict::no, Verdict::no, Verdict::no},
    {ChangeKind::null_allowed, "null_allowed", Verdict::ok, Verdict::no, Verdict::remark},
    {ChangeKind::null_refused, "null_refused", Verdict::no, Verdict::ok, Verdict::ok},
    {ChangeKind::key_added, "key_added", Verdict::no, Verdict::ok, Verdict::ok},
    {ChangeKind::key_dropped, "key_dropped", Verdict::ok, Verdict::no, Verdict::no},
    {ChangeKind::key_changed, "key_changed", Verdict::no, Verdict::no, Verdict::no},
    {ChangeKind::label_added, "label_added", Verdict::ok, Verdict::no, Verdict::remark},
    {ChangeKind::label_removed, "label_removed", Verdict::no, Verdict::ok, Verdict::no},
    {ChangeKind::collation_changed, "collation_changed", Verdict::no, Verdict::no, Verdict::no},
    {ChangeKind::default_changed, "default_changed", Verdict::ok, Verdict::ok, Verdict::ok},
    {ChangeKind::description_changed, "description_changed", Verdict::ok, Verdict::ok, Verdict::ok},
    {ChangeKind::order_changed, "order_changed", Verdict::ok, Verdict::ok, Verdict::remark},
}};

const VerdictLine& line_of(ChangeKind kind) {
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
