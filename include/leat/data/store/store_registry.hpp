#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/store_source.hpp"

namespace leat {

/// Stores by the scheme of their URLs: "csv" of "csv:/data/orders.csv". A value: jobs are given a copy.
class LEAT_EXPORT StoreRegistry {
 public:
  /// Opens the store at this URL. @throws Error (config) for a URL that it cannot read.
  using Open = std::function<std::shared_ptr<StoreSource>(const std::string& url)>;

  /// Adds a kind of store, or replaces the one of that scheme.
  void add(std::string scheme, Open open) { stores_[std::move(scheme)] = std::move(open); }

  /// Whether a store of the kind that this URL names was added.
  [[nodiscard]] bool knows(std::string_view url) const { return stores_.contains(scheme_of(url)); }

  /// @throws Error (config) that lists the schemes which are known.
  [[nodiscard]] std::shared_ptr<StoreSource> open(const std::string& url) const;

  /// What stands before the colon, if that is a scheme of a URL; else empty. A letter of a drive is none.
  [[nodiscard]] static std::string_view scheme_of(std::string_view url);

 private:
  std::map<std::string, Open, std::less<>> stores_;
};

}  // namespace leat
