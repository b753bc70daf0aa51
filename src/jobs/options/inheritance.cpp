#include "leat/jobs/options/inheritance.hpp"

#include <array>

namespace leat {
namespace {

constexpr std::array inheritance_choices{Inheritance::refuse, Inheritance::only, Inheritance::tree};

}  // namespace

std::string_view to_string(Inheritance inheritance) {
  switch (inheritance) {
    case Inheritance::refuse:
      return "refuse";
    case Inheritance::only:
      return "only";
    case Inheritance::tree:
      break;
  }
  return "tree";
}

std::optional<Inheritance> parse_inheritance(std::string_view name) {
  for (const Inheritance choice : inheritance_choices) {
    if (to_string(choice) == name) return choice;
  }
  return std::nullopt;
}

}  // namespace leat
