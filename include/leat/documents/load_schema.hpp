#pragma once

#include <string>

namespace leat {

/// What a load does where its source's columns are not those that are registered.
enum class OnSchemaChange {
  fail,    ///< the load does not begin
  evolve,  ///< what the subject's rule allows becomes a new version; else the load does not begin
  record,  ///< whatever it is becomes a new version
};

/// Against which registered schema a load is checked before its first row. A plain value.
struct LoadSchema {
  std::string subject{};  ///< empty: the load's name
  OnSchemaChange on_change = OnSchemaChange::fail;
};

}  // namespace leat
