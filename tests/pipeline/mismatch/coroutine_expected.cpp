// A blocking override of a hook that is a coroutine.
#include "leat/pipeline/async.hpp"
#include "leat/pipeline/etl_pipeline.hpp"

struct Wrong : leat::ETLPipeline<int, leat::Async<int>, int> {
  leat::Refill<int> refill(std::size_t, const std::stop_token&) override { return leat::Refill<int>::done(); }
  int fetch(leat::WorkItem<int>& item, const std::stop_token&) override { return *item; }
  int process(leat::WorkItem<int>& item, const std::stop_token&) override { return *item; }
  void store(leat::WorkItem<int>&, const std::stop_token&) override {}
};
