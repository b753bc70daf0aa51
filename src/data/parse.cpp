#include "leat/data/detail/parse.hpp"

#include "leat/data/codec.hpp"

namespace leat::detail {

void fail_parse(const char* what, std::string_view text) {
  constexpr std::size_t shown = 64;
  fail_decode(std::string("not ") + what + ": \"" + std::string(text.substr(0, shown)) + "\"");
}

}  // namespace leat::detail
