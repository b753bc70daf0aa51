#pragma once

#include <string>
#include <string_view>

namespace leat::registry_detail {

/// SHA-256 (FIPS 180-4) of the bytes, in hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace leat::registry_detail
