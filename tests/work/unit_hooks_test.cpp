// A reader whose rows a hook has lost does not take them for complete.
#include "work/unit_hooks.hpp"

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/type_oids.hpp"
#include "support/catch.hpp"

using namespace leat;

namespace {

RowBatch one_number() {
  static const auto schema = std::make_shared<const Schema>(
      std::vector<Column>{{.name = "n", .type = oid::int8}}, RowFormat::binary);
  RowBatch batch(schema);
  RowBuilder row(batch);
  row.begin_row();
  row.add(std::int64_t{1});
  row.finish_row();
  return batch;
}

/// What the hook does with the only batch; whether the reader takes its rows for complete.
bool is_complete_after(bool fails_alone, const Transform::BatchHook& hook) {
  RowBatchPool pool(2);
  UnitWaits waits;
  RowCounters sent;
  const auto channel =
      std::make_shared<UnitChannel>(Unit{}, MonitorOptions{.items = 3}, nullptr, waits, sent);
  UnitHooks hooks(1, fails_alone, pool);
  hooks.put({.channel = channel,
             .name = std::make_shared<const std::string>(),
             .batch = HeldBatch(one_number(), channel->hold(one_number(), {}))},
            {});
  // Nothing tells the reader but the hooks: as if their thread were slow to end the others.
  auto ended = std::async(std::launch::async, [&] {
    try {
      hooks.run(hook, {});
    } catch (...) {  // which ends the job a moment later
    }
  });
  bool is_complete = true;
  try {
    hooks.drain(*channel, {});
  } catch (const Stopped&) {
    is_complete = false;
  }
  hooks.sign_off();
  ended.wait();
  return is_complete;
}

}  // namespace

TEST_CASE("hooks: rows that a hook has lost are missed by their reader") {
  const bool fails_alone = GENERATE(false, true);
  CHECK(is_complete_after(fails_alone, [](const RowBatch&, RowBatch&) {}));
  CHECK_FALSE(is_complete_after(fails_alone, [](const RowBatch&, RowBatch&) {
    throw Error(ErrorKind::transform, "it is wrong about the rows");
  }));
  CHECK_FALSE(is_complete_after(fails_alone,
                                [](const RowBatch&, RowBatch&) { throw std::runtime_error("of its own"); }));
}
