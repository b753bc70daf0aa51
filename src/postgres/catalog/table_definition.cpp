#include "leat/postgres/catalog/table_definition.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "postgres/catalog/table_definition_queries.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;
namespace queries = postgres_detail::definition_queries;

ConstraintKind to_constraint_kind(char contype) {
  switch (contype) {
    case 'p':
      return ConstraintKind::primary_key;
    case 'u':
      return ConstraintKind::unique;
    case 'x':
      return ConstraintKind::exclusion;
    default:
      return ConstraintKind::check;
  }
}

std::vector<ExpressionStatistics> expression_statistics(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<ExpressionStatistics> all;
  for (ExpressionStatistics one; stream >> one.column >> one.target;) all.push_back(one);
  return all;
}

std::vector<std::string> lines(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

/// Puts definitions together, table by table.
class TableDefinitionReader {
 public:
  TableDefinitionReader(Connection& connection, std::span<const Oid> tables, const std::stop_token& stop)
      : connection_(connection), wanted_(oid_array(tables)), stop_(stop) {}

  [[nodiscard]] std::map<Oid, TableDefinition> read() {
    read_tables();
    read_columns();
    read_sequences();
    read_constraints();
    read_indexes();
    read_statistics();
    return std::move(tables_);
  }

 private:
  [[nodiscard]] Result ask(const std::string& sql) {
    const std::array<Parameter, 1> parameters{wanted_};
    return connection_.execute(sql, parameters, stop_);
  }
  void read_tables() {
    const Result found = ask(queries::tables(connection_.server_version()));
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TableDefinition table{
          .name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
          .oid = found.oid(i, 0),
          .kind = postgres_detail::to_relation_kind(found.text(i, 3)),
          .is_unlogged = found.boolean(i, 4),
          .partition_key = std::string(found.text(i, 5)),
          .parameters = lines(found.text(i, 6)),
          .replica_identity = std::string(found.text(i, 7)),
          .comment = std::string(found.text(i, 8)),
          .foreign_keys = std::string(found.text(i, 9))};
      const char* const others[] = {"triggers",   "rules",        "row security", "inheritance",
                                    "privileges", "publications", "its type"};
      for (std::size_t k = 0; k < std::size(others); ++k) {
        if (found.boolean(i, 10 + k)) table.others.emplace_back(others[k]);
      }
      if (!found.is_null(i, 17)) table.others.push_back("tablespace " + std::string(found.text(i, 17)));
      if (!found.is_null(i, 18)) table.others.push_back("access method " + std::string(found.text(i, 18)));
      if (found.boolean(i, 19)) table.others.emplace_back("security labels");
      if (!found.is_null(i, 20))
        table.others.push_back("tablespaces of indexes: " + std::string(found.text(i, 20)));
      if (!found.is_null(i, 21)) table.others.push_back("invalid indexes: " + std::string(found.text(i, 21)));
      table.owner = found.text(i, 22);
      table.partition_of = found.text(i, 23);
      tables_.emplace(table.oid, std::move(table));
    }
  }
  void read_columns() {
    const Result found = ask(queries::columns(connection_.server_version()));
    for (std::size_t i = 0; i < found.rows(); ++i) {
      names_[found.oid(i, 0)][found.oid(i, 1)] = found.text(i, 2);
    }
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const Oid table = found.oid(i, 0);
      if (!tables_.contains(table)) continue;
      ColumnDefinition column{
          .name = std::string(found.text(i, 2)),
          .type = {.oid = found.oid(i, 3), .element = found.oid(i, 4), .sql = std::string(found.text(i, 5))},
          .collation = std::string(found.text(i, 6)),
          .not_null = found.boolean(i, 7),
          .comment = std::string(found.text(i, 11)),
          .storage = std::string(found.text(i, 13)),
          .compression = std::string(found.text(i, 16)),
          .statistics = static_cast<int>(found.integer(i, 14)),
          .options = lines(found.text(i, 15))};
      const bool is_generated = !found.text(i, 9).empty();
      if (is_generated) {
        column.generated = std::string(found.text(i, 8));
        column.is_virtual = found.character(i, 9) == 'v';
        column.inputs = names(table, found.text(i, 12));
      } else if (!found.is_null(i, 8)) {
        column.default_value = std::string(found.text(i, 8));
      }
      const char identity = found.character(i, 10);
      if (identity == 'a') column.identity = Identity::always;
      if (identity == 'd') column.identity = Identity::by_default;
      tables_.at(table).columns.push_back(std::move(column));
    }
  }
  void read_sequences() {
    const Result found = ask(queries::sequences());
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      const std::string& column = names_[table->first][found.oid(i, 1)];
      for (auto& own : table->second.columns) {
        if (own.name != column) continue;
        own.sequence = {
            .name = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
            .type = std::string(found.text(i, 4)),
            .start = found.integer(i, 5),
            .least = found.integer(i, 6),
            .most = found.integer(i, 7),
            .step = found.integer(i, 8),
            .cache = found.integer(i, 9),
            .cycles = found.boolean(i, 10),
            .comment = std::string(found.text(i, 11))};
      }
    }
  }
  void read_constraints() {
    const Result found = ask(queries::constraints());
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      ConstraintDefinition constraint{.name = std::string(found.text(i, 1)),
                                      .kind = to_constraint_kind(found.character(i, 2)),
                                      .definition = std::string(found.text(i, 3)),
                                      .columns = names(table->first, found.text(i, 4)),
                                      .comment = std::string(found.text(i, 8)),
                                      .is_clustered = found.boolean(i, 9),
                                      .is_replica_identity = found.boolean(i, 10),
                                      .parameters = lines(found.text(i, 11)),
                                      .index_comment = std::string(found.text(i, 12)),
                                      .statistics = expression_statistics(found.text(i, 13))};
      if (!found.is_null(i, 6)) {
        auto keys = names(table->first, found.text(i, 5));
        const auto count = static_cast<std::size_t>(found.integer(i, 6));
        if (keys.size() > count)
          constraint.included.assign(keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end());
      }
      add(constraint.columns, names(table->first, found.text(i, 7)), constraint.included);
      table->second.constraints.push_back(std::move(constraint));
    }
  }
  void read_indexes() {
    const Result found = ask(queries::indexes());
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      IndexDefinition index{.name = std::string(found.text(i, 1)),
                            .is_unique = found.boolean(i, 2),
                            .definition = std::string(found.text(i, 3)),
                            .comment = std::string(found.text(i, 6)),
                            .is_clustered = found.boolean(i, 7),
                            .is_replica_identity = found.boolean(i, 8),
                            .statistics = expression_statistics(found.text(i, 9))};
      add(index.columns, names(table->first, found.text(i, 4)), {});
      add(index.columns, names(table->first, found.text(i, 5)), {});
      table->second.indexes.push_back(std::move(index));
    }
  }

  void read_statistics() {
    const Result found = ask(queries::statistics());
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      table->second.statistics.push_back({.name = std::string(found.text(i, 1)),
                                          .definition = std::string(found.text(i, 2)),
                                          .columns = names(table->first, found.text(i, 3)),
                                          .comment = std::string(found.text(i, 4)),
                                          .target = static_cast<int>(found.integer(i, 5))});
    }
  }

  /// Columns by their numbers between blanks; those of the system and expressions (0) have none.
  [[nodiscard]] std::vector<std::string> names(Oid table, std::string_view numbers) {
    std::vector<std::string> list;
    const auto& known = names_[table];
    std::istringstream stream{std::string(numbers)};
    for (int number = 0; stream >> number;) {
      const auto name = known.find(static_cast<Oid>(number));
      if (name != known.end()) list.push_back(name->second);
    }
    return list;
  }
  static void add(std::vector<std::string>& list, const std::vector<std::string>& more,
                  const std::vector<std::string>& besides) {
    for (const auto& name : more) {
      const auto has = [&name](const auto& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
      };
      if (!has(list) && !has(besides)) list.push_back(name);
    }
  }

  Connection& connection_;
  const std::string wanted_;
  const std::stop_token& stop_;
  std::map<Oid, TableDefinition> tables_;
  std::map<Oid, std::map<Oid, std::string>> names_;  // of columns, by table and number
};

}  // namespace

std::string_view to_string(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::primary_key:
      return "primary key";
    case ConstraintKind::unique:
      return "unique constraint";
    case ConstraintKind::check:
      return "check";
    case ConstraintKind::exclusion:
      break;
  }
  return "exclusion constraint";
}

const ColumnDefinition* TableDefinition::find(std::string_view column) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == column; });
  return at == columns.end() ? nullptr : &*at;
}

Definitions read_definitions(Connection& connection, std::span<const Oid> tables,
                             const std::stop_token& stop) {
  Definitions definitions;
  if (tables.empty()) return definitions;
  postgres_detail::QualifiedNames names(connection, stop);
  auto found = TableDefinitionReader(connection, tables, stop).read();
  names.restore(stop);
  std::vector<Oid> types;
  for (const Oid oid : tables) {
    auto table = found.extract(oid);
    if (!table) continue;
    for (const auto& column : table.mapped().columns) types.push_back(column.type.element);
    definitions.tables.push_back(std::move(table.mapped()));
  }
  definitions.types = read_type_definitions(connection, types, stop);
  return definitions;
}

}  // namespace leat
