#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/documents/load_document.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/run_settings.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// A parameter of a document, whose values its SQL has as `:name`.
struct PipelineParam {
  std::string type{};                      ///< as in SQL; empty: the server infers it
  std::optional<std::string> otherwise{};  ///< what it is if nobody gives a value
  bool required = false;
  std::vector<std::string> one_of{};
  std::string description{};
};

/// Whether loads are there one by one, or none before the last one is.
enum class Atomic {
  each,  ///< each load is a transaction
  all,   ///< all loads of the document are one transaction of one target
};

/// A document that says what is to be loaded. A plain value.
struct PipelineDocument {
  std::string name{};  ///< default: that of its file
  std::string description{};
  std::map<std::string, std::string> labels{};
  std::map<std::string, PipelineParam> params{};
  std::map<std::string, ResolvedConnection> connections{};
  /// Each behind those of its `after`, else as they stand in the document.
  std::vector<LoadDocument> loads{};
  Atomic atomic = Atomic::each;
  /// The connection of the database that keeps transforms and schemas. Empty: none.
  std::string store{};
  RunSettings run{};
  std::optional<RunSchedule> schedule{};
  std::vector<RunNotice> notify{};
  /// What the document says, without its layout, its comments and its secrets: equal texts are equal work.
  std::string content{};
};

/// The fields of a document.
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& pipeline_fields();

/// Reads a document whose references were replaced (substitute() by the type structure(pipeline_fields())).
/// All that is wrong goes to `diagnostics`, and what is read is of use only if there is no error. Nothing is
/// connected with: whether tables and columns exist is not known here.
/// @param transforms see read_transforms().
[[nodiscard]] LEAT_EXPORT PipelineDocument read_pipeline(const Node& document, Diagnostics& diagnostics,
                                                         const TransformSources& transforms = {});

}  // namespace leat
