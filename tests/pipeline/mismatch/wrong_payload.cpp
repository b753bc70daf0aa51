// process takes something else than fetch returns.
#include <string>

#include "leat/pipeline/etl_pipeline.hpp"

struct Wrong : leat::ETLPipeline<int, std::string, int> {
  leat::Refill<int> refill(std::size_t, const std::stop_token&) override { return leat::Refill<int>::done(); }
  std::string fetch(leat::WorkItem<int>&, const std::stop_token&) override { return {}; }
  int process(leat::WorkItem<int>& item, const std::stop_token&) override { return *item; }
  void store(leat::WorkItem<int>&, const std::stop_token&) override {}
};
