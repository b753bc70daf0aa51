#include "leat/version.hpp"

namespace leat {

std::string_view version() noexcept {
  return LEAT_VERSION;
}

}  // namespace leat
