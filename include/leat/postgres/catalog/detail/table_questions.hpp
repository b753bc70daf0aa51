#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/questions.hpp"

namespace leat::postgres_detail {

// What TableManager asks of tables, to be asked together with other questions. What the answers are put into
// must live until then.

/// The tables, in their order, but without columns; nullopt for one that there is not.
LEAT_EXPORT void ask_tables(Questions& questions, std::span<const TableName> tables,
                            std::vector<std::optional<TableInfo>>& into);
/// Columns of tables by their oids, as to_columns() takes them.
LEAT_EXPORT void ask_columns(Questions& questions, std::span<const Oid> tables, Result& into);
/// Asks for their types.
[[nodiscard]] LEAT_EXPORT std::map<Oid, std::vector<TableColumn>> to_columns(Connection& connection,
                                                                             const Result& found,
                                                                             const std::stop_token& stop);
/// See TableManager::referencing_keys(); `own`: see self_keys().
LEAT_EXPORT void ask_keys(Questions& questions, std::span<const Oid> tables, bool own,
                          std::function<void(std::map<Oid, std::vector<ReferencingKey>>)> take);
/// See TableManager::owned_sequences().
LEAT_EXPORT void ask_sequences(Questions& questions, std::span<const Oid> tables,
                               std::function<void(std::map<Oid, std::vector<OwnedSequence>>)> take);

/// What TableManager::advance() runs. It has a row if there is something to tell: the value that the sequence
/// was moved to, or NULL; whether it has no value left; whether it was not moved since it cycles.
[[nodiscard]] LEAT_EXPORT Statement advance_statement(const OwnedSequence& sequence, const TableInfo& table);

/// An expression that is true where TableManager::is_unchanged() is; else false or NULL.
[[nodiscard]] LEAT_EXPORT std::string unchanged_sql(const Connection& connection, const TableInfo& table);

}  // namespace leat::postgres_detail
