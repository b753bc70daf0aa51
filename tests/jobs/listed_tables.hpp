#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "bed.hpp"
#include "leat/postgres/catalog/table_list.hpp"

namespace leat::test {

using Texts = std::vector<std::string>;

/// The tables of the source that patterns choose, as list_tables() has them.
[[nodiscard]] inline Texts listed(const Texts& include, const Texts& exclude = {}, Texts* notes = nullptr) {
  const auto patterns = [](const Texts& texts) {
    std::vector<TablePattern> parsed;
    for (const auto& text : texts) parsed.push_back(TablePattern::parse(text));
    return parsed;
  };
  auto session = ConnectionFactory().connect(Bed::server().uri("src"), {.application_name = application});
  Texts names;
  for (const auto& table : list_tables(session, patterns(include), patterns(exclude), {}, notes)) {
    names.push_back(table.name.display());
  }
  return names;
}

/// The error of patterns that are refused.
[[nodiscard]] inline Error refused_listing(const Texts& include, const Texts& exclude = {}) {
  try {
    static_cast<void>(listed(include, exclude));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    return error;
  }
  FAIL("tables were listed");
  throw std::logic_error("not reached");
}

}  // namespace leat::test
