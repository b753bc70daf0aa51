#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "documents/node_reader.hpp"
#include "leat/documents/node.hpp"

// Parts of documents of the Data Pipeline Platform, in leat's own form.
namespace leat::documents_detail {

/// A URL as SQLAlchemy has it.
struct DatabaseUrl {
  Node node{};          ///< as libpq reads it
  std::string other{};  ///< which kind of database it is, if it is not PostgreSQL
  bool has_password = false;
};
[[nodiscard]] DatabaseUrl database_url(const Node& url);

/// A value of :name: {default: …}, with its type if it is no text. Nothing, which was told, for one that is
/// none.
[[nodiscard]] std::optional<Node> param_of(const NodeEntry& entry, const std::string& path,
                                           NodeReader& reader);

/// `:table_name` stands for the rows that come: input_data.
void name_relation(std::string& sql);

/// A table's name as in SQL. A name with a point in it is taken as it is.
[[nodiscard]] std::string table_as_sql(const std::string& schema, const std::string& table);

/// A name that a document may have: small letters, digits, points, underscores and hyphens.
[[nodiscard]] std::string as_name(const std::string& text);

/// Where files of steps are read from.
struct StepsFiles {
  std::filesystem::path directory{};
  std::stop_token stop{};
};

/// The steps of the file that a text names, YAML or JSON; nothing, which was told, if they cannot be read.
/// @throws Error (cancelled) after a stop.
[[nodiscard]] std::optional<Node> steps_of_file(const Node& name, const std::string& path,
                                                const StepsFiles& files, NodeReader& reader,
                                                Diagnostics& diagnostics);

}  // namespace leat::documents_detail
