#include "postgres/catalog/read_enum_labels.hpp"

#include <array>

#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::postgres_detail {

std::map<Oid, std::vector<std::string>> read_enum_labels(Connection& connection, std::span<const Oid> enums,
                                                         const std::stop_token& stop) {
  std::map<Oid, std::vector<std::string>> labels;
  if (enums.empty()) return labels;
  const std::array<Parameter, 1> wanted{oid_array(enums)};
  const Result found = connection.execute(R"(
SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum
WHERE enumtypid = ANY ($1::pg_catalog.oid[]) ORDER BY enumtypid, enumsortorder)",
                                          wanted, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) labels[found.oid(i, 0)].emplace_back(found.text(i, 1));
  return labels;
}

}  // namespace leat::postgres_detail
