#pragma once

#include <string>

#include "bed.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::test {

/// A role without any privilege, for one side.
class Guest {
 public:
  explicit Guest(const Bed& bed) : bed_(bed) {
    bed.src("CREATE ROLE guest LOGIN");
    bed.both("GRANT USAGE ON SCHEMA public TO guest");
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    bed_.both("DROP OWNED BY guest");
    bed_.src("DROP ROLE guest");
  }

  [[nodiscard]] static ResolvedConnection connection(const std::string& database) {
    return ConnectionFactory().resolve(Bed::server().uri(database) + "&user=guest");
  }

 private:
  const Bed& bed_;
};

}  // namespace leat::test
