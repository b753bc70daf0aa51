#include "leat/data/enum_labels.hpp"

namespace leat::detail {

void fail_enum_label(std::string_view label) {
  constexpr std::size_t shown = 64;
  fail_decode("the label \"" + std::string(label.substr(0, shown)) + "\" is not in EnumLabels");
}

void fail_enum_value(std::int64_t value) {
  fail_decode("the enum's value " + std::to_string(value) + " is not in EnumLabels");
}

}  // namespace leat::detail
