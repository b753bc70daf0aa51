#include "jobs/schema/table_maker.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/type_maker.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::size_t longest_name = 63;

/// name, name_2, name_3, … cut to what a name may have, between characters of UTF-8.
std::vector<std::string> candidates(const std::string& name) {
  std::vector<std::string> names{name};
  for (int i = 2; i < 10; ++i) {
    const std::string end = "_" + std::to_string(i);
    std::string begin = name.substr(0, longest_name - end.size());
    while (begin.size() < name.size() && !begin.empty() &&
           (static_cast<unsigned char>(name[begin.size()]) & 0xC0U) == 0x80U) {
      begin.pop_back();
    }
    names.push_back(begin + end);
  }
  return names;
}

/// Names of what shares the names of tables in a schema.
std::vector<std::string*> names_beside(TableDefinition& table) {
  std::vector<std::string*> names;
  for (auto& column : table.columns) {
    if (column.sequence) names.push_back(&column.sequence->name.name);
  }
  for (auto& constraint : table.constraints) {
    if (constraint.kind != ConstraintKind::check) names.push_back(&constraint.name);
  }
  for (auto& index : table.indexes) names.push_back(&index.name);
  return names;
}

/// Those of `names`, and of the candidates for each, that the query finds in the schema.
std::set<std::string> taken_of(Connection& target, const std::string& query, const std::string& schema,
                               std::span<const std::string* const> names, const std::stop_token& stop) {
  std::vector<std::string> all;
  for (const auto* const name : names) append_all(all, candidates(*name));
  const std::array<Parameter, 2> parameters{schema, postgres_detail::text_array(all)};
  const Result found = target.execute(query, parameters, stop);
  std::set<std::string> taken;
  for (std::size_t i = 0; i < found.rows(); ++i) taken.emplace(found.text(i, 0));
  return taken;
}

/// The first candidate that is free, and taken then; empty where none is.
std::string free_name(const std::string& name, std::set<std::string>& taken) {
  const auto names = candidates(name);
  const auto one = std::find_if(names.begin(), names.end(),
                                [&taken](const auto& candidate) { return taken.insert(candidate).second; });
  return one == names.end() ? std::string() : *one;
}

/// Gives sequences, keys and indexes of a table other names where theirs are taken in its schema, and so its
/// statistics objects, which share no names with these.
void give_free_names(Connection& target, TableDefinition& table, std::span<const TableName> reserved,
                     const std::stop_token& stop) {
  const auto reserve = [&table, reserved](std::set<std::string>& names) {
    for (const auto& one : reserved) {
      if (one.schema == table.name.schema) names.insert(one.name);
    }
  };
  std::vector<std::string*> names = names_beside(table);
  auto taken = taken_of(target,
                        "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid "
                        "= c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY "
                        "($2::pg_catalog.text[])",
                        table.name.schema, std::vector<const std::string*>(names.begin(), names.end()), stop);
  taken.insert(table.name.name);
  reserve(taken);
  // Without a name the server chooses one.
  for (auto* const name : names) *name = free_name(*name, taken);
  if (table.statistics.empty()) return;
  names.clear();
  for (auto& statistics : table.statistics) names.push_back(&statistics.name);
  taken = taken_of(target,
                   "SELECT s.stxname FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON "
                   "n.oid = s.stxnamespace WHERE n.nspname = $1 AND s.stxname = ANY "
                   "($2::pg_catalog.text[])",
                   table.name.schema, std::vector<const std::string*>(names.begin(), names.end()), stop);
  reserve(taken);
  // These need one: that of the source tells what is in the way.
  for (auto* const name : names) {
    if (auto free = free_name(*name, taken); !free.empty()) *name = std::move(free);
  }
}

/// Makes one table. What is to be made shrinks to what the server takes.
class TableMaker {
 public:
  TableMaker(Connection& target, TableDefinition table, TargetCreation& creation, const std::stop_token& stop)
      : target_(target), table_(std::move(table)), creation_(creation), stop_(stop) {}

  /// The error with which the server refuses the table itself.
  [[nodiscard]] std::optional<Error> make() {
    if (!make_whole()) {
      if (auto refused = try_parts()) return refused;
      for (const auto& sql : create_table_sql(table_)) {
        if (auto refused = try_statement(target_, sql, stop_)) return refused;
      }
    }
    append_all(creation_.before, create_table_sql(table_));
    creation_.after = finish_table_sql(table_);
    return std::nullopt;
  }

 private:
  void run(const std::string& sql) { static_cast<void>(target_.execute_long(sql, {}, stop_)); }

  /// Whether the server takes all of it. Makes what is made before the rows, and tries what comes after.
  [[nodiscard]] bool make_whole() {
    const auto make = [this] {
      for (const auto& sql : create_table_sql(table_)) run(sql);
      run("SAVEPOINT leat_finish");
      for (const auto& sql : finish_table_sql(table_)) run(sql);
      run("ROLLBACK TO SAVEPOINT leat_finish");
    };
    return !behind_savepoint(target_, stop_, make, is_refusal);
  }

  /// Tries one thing after the other on a table of columns alone, and gives up what the server refuses.
  [[nodiscard]] std::optional<Error> try_parts() {
    run("SAVEPOINT leat_parts");
    TableDefinition bare{
        .name = table_.name, .is_unlogged = table_.is_unlogged, .partition_key = table_.partition_key};
    for (const auto& column : table_.columns) {
      if (column.generated) continue;
      bare.columns.push_back({.name = column.name,
                              .type = column.type,
                              .collation = column.collation,
                              .identity = column.identity,
                              .sequence = column.sequence});
      bare.columns.back().not_null = column.identity != Identity::none;
    }
    for (const auto& sql : create_table_sql(bare)) {
      if (auto refused = try_statement(target_, sql, stop_)) return refused;
    }
    try_columns();
    std::erase_if(table_.constraints, [this](const ConstraintDefinition& constraint) {
      return !takes(display(constraint), add_constraint_sql(table_.name, constraint));
    });
    std::erase_if(table_.indexes, [this](const IndexDefinition& index) {
      return !takes(display(index), create_index_sql(table_.name, index));
    });
    std::erase_if(table_.statistics, [this](const StatisticsDefinition& statistics) {
      return !takes(display(statistics), create_statistics_sql(table_.name, statistics));
    });
    if (!table_.parameters.empty()) {
      bare.name.name = "leat_parameters";
      bare.columns.clear();
      bare.partition_key.clear();
      bare.parameters = table_.parameters;
      if (!takes("storage parameters", create_table_sql(bare).front())) table_.parameters.clear();
    }
    run("ROLLBACK TO SAVEPOINT leat_parts");
    run("RELEASE SAVEPOINT leat_parts");
    return std::nullopt;
  }
  void try_columns() {
    const std::string alter = "ALTER TABLE " + table_.name.sql();
    for (auto& column : table_.columns) {
      if (!column.default_value || column.sequence) continue;
      if (!takes("default of " + display_identifier(column.name),
                 alter + " ALTER COLUMN " + quote_identifier(column.name) + " SET DEFAULT " +
                     *column.default_value)) {
        column.default_value.reset();
      }
    }
    for (auto& column : table_.columns) {
      if (column.generated) continue;
      for (const auto& action : storage_actions(column)) {
        if (takes("of " + display_identifier(column.name) + ": " + action, alter + " " + action)) continue;
        if (action.ends_with("COMPRESSION " + column.compression)) {
          column.compression.clear();
        } else if (action.ends_with("STORAGE " + column.storage)) {
          column.storage.clear();
        } else if (action.ends_with("STATISTICS " + std::to_string(column.statistics))) {
          column.statistics = -1;
        } else {
          column.options.clear();
        }
      }
    }
    std::erase_if(table_.columns, [this, &alter](const ColumnDefinition& column) {
      return column.generated && !takes("generated column " + display_identifier(column.name),
                                        alter + " ADD COLUMN " + column_sql(column));
    });
  }
  [[nodiscard]] bool takes(const std::string& what, const std::string& sql) {
    const auto refused = try_statement(target_, sql, stop_);
    if (refused) creation_.remarks.push_back(what + " is not made: " + refused->what());
    return !refused;
  }

  Connection& target_;
  TableDefinition table_;
  TargetCreation& creation_;
  const std::stop_token& stop_;
};

}  // namespace

std::optional<Error> make_table(Connection& target, TableDefinition table, std::span<const TableName> taken,
                                TargetCreation& creation, const std::stop_token& stop) {
  give_free_names(target, table, taken, stop);
  for (const auto* const name : names_beside(table)) creation.own_names.push_back({table.name.schema, *name});
  for (const auto& statistics : table.statistics) {
    creation.own_names.push_back({table.name.schema, statistics.name});
  }
  return TableMaker(target, std::move(table), creation, stop).make();
}

}  // namespace leat::jobs_detail
