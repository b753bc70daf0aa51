#include "leat/postgres/session/detail/array_parameter.hpp"

#include <sstream>

namespace leat::postgres_detail {

std::string oid_array(std::span<const Oid> oids) {
  std::string array = "{";
  for (const Oid oid : oids) array += (array.size() == 1 ? "" : ",") + std::to_string(oid);
  return array + "}";
}

std::string text_array(std::span<const std::string> values) {
  std::string array = "{";
  for (const auto& value : values) {
    array += array.size() == 1 ? "\"" : ",\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

std::vector<Oid> to_oids(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<Oid> oids;
  for (Oid oid = 0; stream >> oid;) oids.push_back(oid);
  return oids;
}

}  // namespace leat::postgres_detail
