#include "runs/choose_loads.hpp"

#include <algorithm>
#include <set>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"

namespace leat::runs_detail {

std::vector<const LoadDocument*> chosen_loads(const PipelineDocument& document,
                                              const std::vector<std::string>& only) {
  std::vector<std::string> names;
  for (const auto& load : document.loads) names.push_back(load.name);
  std::set<std::string> chosen;
  bool downstream = false;
  bool upstream = false;
  for (const auto& word : only) {
    if (word == "+downstream") {
      downstream = true;
    } else if (word == "+upstream") {
      upstream = true;
    } else if (std::find(names.begin(), names.end(), word) != names.end()) {
      chosen.insert(word);
    } else {
      const std::string near = detail::nearest(word, names);
      std::string all;
      for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
      throw Error(ErrorKind::config, "no load of the document is called " + word,
                  {.hint = near.empty() ? "its loads are " + all : "did you mean " + near + "?"});
    }
  }
  if (!only.empty() && chosen.empty()) {
    throw Error(ErrorKind::config, "only names no load", {.hint = "name the load that the others wait for"});
  }
  // Each stands behind those that it waits for.
  if (downstream) {
    for (const auto& load : document.loads) {
      if (std::any_of(load.after.begin(), load.after.end(),
                      [&](const std::string& before) { return chosen.contains(before); })) {
        chosen.insert(load.name);
      }
    }
  }
  if (upstream) {
    for (auto load = document.loads.rbegin(); load != document.loads.rend(); ++load) {
      if (chosen.contains(load->name)) chosen.insert(load->after.begin(), load->after.end());
    }
  }
  std::vector<const LoadDocument*> loads;
  for (const auto& load : document.loads) {
    if (only.empty() || chosen.contains(load.name)) loads.push_back(&load);
  }
  return loads;
}

}  // namespace leat::runs_detail
