#include "leat/data/store/store_registry.hpp"

#include <algorithm>

#include "leat/core/error.hpp"

namespace leat {

std::string_view StoreRegistry::scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string_view scheme = url.substr(0, colon);
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const bool is_scheme =
      scheme.front() >= 'a' && scheme.front() <= 'z' && std::all_of(scheme.begin(), scheme.end(), is_part);
  return is_scheme ? scheme : std::string_view();
}

std::shared_ptr<StoreSource> StoreRegistry::open(const std::string& url) const {
  const auto found = stores_.find(scheme_of(url));
  if (found != stores_.end()) return found->second(url);
  std::string known;
  for (const auto& [scheme, store] : stores_) known += (known.empty() ? "" : ", ") + scheme;
  throw Error(
      ErrorKind::config, "there is no store of the kind \"" + std::string(scheme_of(url)) + "\"",
      {.hint = known.empty() ? "add it to the job's stores (StoreRegistry::add)" : "known are " + known});
}

}  // namespace leat
