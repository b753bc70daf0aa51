#pragma once

#include <stop_token>
#include <string>

#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// While it lives and until restore(), the session's transaction prints and reads names with their schemas,
/// but for those of pg_catalog. After an error nothing is restored: the transaction has failed then.
class QualifiedNames {
 public:
  QualifiedNames(Connection& connection, const std::stop_token& stop);
  QualifiedNames(const QualifiedNames&) = delete;
  QualifiedNames& operator=(const QualifiedNames&) = delete;
  ~QualifiedNames() = default;

  void restore(const std::stop_token& stop);

 private:
  Connection& connection_;
  std::string search_path_;
};

}  // namespace leat::postgres_detail
