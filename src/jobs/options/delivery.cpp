#include "leat/jobs/options/delivery.hpp"

namespace leat {

std::string_view to_string(OnLostSnapshot choice) {
  switch (choice) {
    case OnLostSnapshot::redo:
      return "redo";
    case OnLostSnapshot::carry_on:
      return "continue";
    case OnLostSnapshot::refuse:
      break;
  }
  return "refuse";
}

}  // namespace leat
