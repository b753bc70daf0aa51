#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/init_survey.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::cli {

/// One side of the document that leat init writes.
struct InitConnection {
  std::string name{};  ///< by which loads name it: an id of the connections file, or one of the document
  /// What stands under `connections`; empty: it is an id.
  std::string definition{};
  std::string remark{};  ///< what is to be done about it; empty: nothing
};

/// How a place is defined in a document: without its password, for which `variable` of the environment
/// stands.
[[nodiscard]] InitConnection init_connection(const std::string& name, const ConnectionTarget& place,
                                             const std::string& variable);

/// What the document says beside its loads.
struct InitDocument {
  InitConnection source{};
  InitConnection target{};
  const InitSurvey& survey;
  /// Why a table is not to be loaded, by its place in the survey: its load is a comment.
  std::map<std::size_t, std::string> refused{};
};

/// The names of the loads, in the survey's order; each once.
[[nodiscard]] std::vector<std::string> init_load_names(const InitSurvey& survey);

/// The document, in YAML with comments. Names and texts of servers can be nothing else than values and
/// comments in it.
[[nodiscard]] std::string init_text(const InitDocument& document);

/// A text as a scalar of YAML, without references: in quotes if need be.
[[nodiscard]] std::string yaml_text(std::string_view text);

}  // namespace leat::cli
