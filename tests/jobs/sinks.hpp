#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bed.hpp"
#include "leat/jobs/copy_sink.hpp"
#include "leat/pipeline/pipeline_builder.hpp"
#include "leat/postgres/copy/query_source.hpp"

namespace leat::test {

/// A row of the target's table t.
struct Item {
  std::int32_t id = 0;
  std::optional<std::string> v{};
};

}  // namespace leat::test

template <>
struct leat::Columns<leat::test::Item> {
  static constexpr auto list = columns_of("id", &leat::test::Item::id, "v", &leat::test::Item::v);
};

namespace leat::test {

inline TableSinkOptions into_t(CommitPoint commit, WriteMode mode = WriteMode::append) {
  return {.target = Bed::server().uri("dst"),
          .to = "public.t",
          .mode = mode,
          .commit = commit,
          .stream = {.limits = {.lock_timeout = 5s}, .application_name = application}};
}
inline QuerySourceOptions from_src(std::string sql) {
  return {.source = Bed::server().uri("src"),
          .sql = std::move(sql),
          .session = {.application_name = application}};
}

/// A source of these items.
template <class T>
auto refill_of(std::vector<T> items) {
  return [items = std::move(items)](std::size_t count, const std::stop_token&) mutable {
    std::vector<T> some;
    while (!items.empty() && some.size() < count) {
      some.push_back(std::move(items.back()));
      items.pop_back();
    }
    return some.empty() ? Refill<T>::done() : Refill<T>::items(std::move(some));
  };
}

inline std::vector<Item> numbered(std::int32_t count) {
  std::vector<Item> items;
  for (std::int32_t i = count; i > 0; --i) items.push_back({i, "v" + std::to_string(i)});
  return items;
}

struct Ways {
  CommitPoint commit;
  std::size_t workers;
};
inline const std::array<Ways, 6> every_way{{{CommitPoint::run, 1},
                                            {CommitPoint::run, 8},
                                            {CommitPoint::worker, 1},
                                            {CommitPoint::worker, 8},
                                            {CommitPoint::item, 1},
                                            {CommitPoint::item, 8}}};

/// Stores items one by one, or in batches.
inline PipelineReport store(CopySink<Item>& sink, std::vector<Item> items, std::size_t workers,
                            std::size_t at_once, PipelineOptions options = {}) {
  auto chain = pipeline_of<Item>(refill_of(std::move(items)));
  auto pipeline = at_once == 0
                      ? std::move(chain).into("store", {.workers = workers}, sink).build(std::move(options))
                      : std::move(chain)
                            .batch({.items = at_once})
                            .into("store", {.workers = workers}, sink)
                            .build(std::move(options));
  return pipeline.run();
}

inline Error sink_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

}  // namespace leat::test
