#pragma once

#include <functional>
#include <optional>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/substitution.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Finds registered transforms in the store of a document: the name of its connection, and the connection if
/// the document defines it. Called once, with no name if it names none.
using TransformsOfStore =
    std::function<TransformSources(const std::string& name, const std::optional<ResolvedConnection>& own)>;

/// Reads a document from its file, with the files that it includes and those of its `sql_file`. Files are
/// named from where the document stands that names them. References are replaced from `sources`, whose
/// directory is not looked at. A document of the Data Pipeline Platform is read as native_document() has it.
///
/// All that is wrong goes to `diagnostics`, of whichever file it is, and what is read is of use only if there
/// is no error.
/// @throws Error (config) if the document's file cannot be read, (cancelled) after a stop.
[[nodiscard]] LEAT_EXPORT PipelineDocument read_pipeline_file(const std::string& path,
                                                              const SubstitutionSources& sources,
                                                              Diagnostics& diagnostics,
                                                              const TransformsOfStore& transforms = {});

/// What a document says, without its layout, its comments and its secrets; references stand as they are
/// written. Keys stand in the document's order.
[[nodiscard]] LEAT_EXPORT std::string content_of(const Node& document);

}  // namespace leat
