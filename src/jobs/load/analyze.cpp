#include "jobs/load/analyze.hpp"

#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

void analyze(Connection& connection, const TableInfo& table, std::vector<std::string>& notes,
             const std::stop_token& stop) {
  // The rows are committed, so nothing that happens now is a failure of the load.
  const std::string name = table.name.display();
  if (table.kind == RelationKind::view) {
    notes.push_back(name + " was not analyzed: it is a view");
    return;
  }
  try {
    if (!TableManager(connection).may_analyze(table, stop)) {
      notes.push_back(name + " was not analyzed: only its owner may");
      return;
    }
    static_cast<void>(connection.execute_long("ANALYZE " + table.name.sql(), {}, stop));
    notes.push_back(name + " was analyzed");
  } catch (const Stopped&) {
    notes.push_back("ANALYZE of " + name + " was stopped");
  } catch (const Error& error) {
    notes.push_back("ANALYZE of " + name + " failed: " + error.what());
  }
}

}  // namespace leat::jobs_detail
