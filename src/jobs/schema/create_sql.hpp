#pragma once

#include <string>
#include <vector>

#include "leat/postgres/catalog/table_definition.hpp"

namespace leat::jobs_detail {

/// " COLLATE x"; empty for none.
[[nodiscard]] std::string collate(const std::string& collation);

/// "GENERATED ALWAYS AS IDENTITY"; empty for a column that is none.
[[nodiscard]] std::string identity_kind(const ColumnDefinition& column);

/// "(a + b) STORED", of a column that is generated.
[[nodiscard]] std::string expression_sql(const ColumnDefinition& column);

/// What an enum and a composite type are made of.
[[nodiscard]] std::string labels_sql(const std::vector<std::string>& labels);
[[nodiscard]] std::string fields_sql(const std::vector<FieldDefinition>& fields);

/// CREATE TYPE or CREATE DOMAIN; of a kind that has none an empty text.
[[nodiscard]] std::string create_type_sql(const TypeDefinition& type);

/// A column as CREATE TABLE and ADD COLUMN have it.
[[nodiscard]] std::string column_sql(const ColumnDefinition& column);

/// "ALTER TABLE t ADD CONSTRAINT …" and CREATE INDEX. Without a name the server chooses one.
[[nodiscard]] std::string add_constraint_sql(const TableName& table, const ConstraintDefinition& constraint);
[[nodiscard]] std::string create_index_sql(const TableName& table, const IndexDefinition& index);

/// CREATE STATISTICS, in the table's schema.
[[nodiscard]] std::string create_statistics_sql(const TableName& table,
                                                const StatisticsDefinition& statistics);

/// What ALTER TABLE says of how a column is stored: "ALTER COLUMN a SET STORAGE EXTERNAL", …
[[nodiscard]] std::vector<std::string> storage_actions(const ColumnDefinition& column);

/// The table with its columns and its primary key, and the sequences of its serials before it; comments on
/// the table and its columns. All that is there of the definition is made, names as they stand in it.
[[nodiscard]] std::vector<std::string> create_table_sql(const TableDefinition& table);

/// What is better made when the rows are there: other constraints, indexes, statistics, comments on them, the
/// replica identity, on which index it is clustered, and the values of sequences that cycle.
[[nodiscard]] std::vector<std::string> finish_table_sql(const TableDefinition& table);

}  // namespace leat::jobs_detail
