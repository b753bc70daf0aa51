// A hook that is a coroutine, without the header that brings coroutines.
#include "leat/pipeline/etl_pipeline.hpp"

struct Wrong : leat::ETLPipeline<int, leat::Async<int>, int> {
  leat::Refill<int> refill(std::size_t, const std::stop_token&) override { return leat::Refill<int>::done(); }
  int process(leat::WorkItem<int>& item, const std::stop_token&) override { return *item; }
  void store(leat::WorkItem<int>&, const std::stop_token&) override {}
};
