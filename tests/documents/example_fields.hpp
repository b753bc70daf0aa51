#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/documents/field_binding.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::test {

/// Options of a test, with a field of each kind.
struct ExampleOptions {
  std::string from{};
  std::vector<std::string> key{};
  std::uint64_t readers = 0;
  std::string where{};
  std::string password{};
  std::vector<std::string> after{};
  std::map<std::string, std::string> labels{};
  bool verify = false;
  StreamOptions stream{};
};

[[nodiscard]] std::shared_ptr<const FieldTable> example_fields();

}  // namespace leat::test
