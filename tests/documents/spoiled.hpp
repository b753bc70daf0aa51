#pragma once

#include <nlohmann/json.hpp>
#include <random>

namespace leat::test {

/// Spoils documents in one place each: a value becomes another one, or a key is lost or misspelt.
class Spoiler {
 public:
  explicit Spoiler(std::mt19937& random) : random_(random) {}

  void spoil(nlohmann::ordered_json& value) {
    if (value.empty() || !value.is_structured() || random_() % 4 == 0) {
      value = junk();
      return;
    }
    auto at = value.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_() % value.size()));
    if (value.is_object() && random_() % 4 == 0) {
      const std::string key = at.key();
      const nlohmann::ordered_json old = *at;
      value.erase(key);
      if (random_() % 2 == 0) value[key + "s"] = old;
      return;
    }
    spoil(*at);
  }

 private:
  nlohmann::ordered_json junk() {
    using Json = nlohmann::ordered_json;
    switch (random_() % 9) {
      case 0:
        return nullptr;
      case 1:
        return true;
      case 2:
        return 7;
      case 3:
        return -1;
      case 4:
        return 0.5;
      case 5:
        return "some text";
      case 6:
        return Json::array();
      case 7:
        return Json::array({1, "a"});
      default:
        return Json::object({{"a", 1}});
    }
  }

  std::mt19937& random_;
};

}  // namespace leat::test
