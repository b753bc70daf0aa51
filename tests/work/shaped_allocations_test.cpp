// No row of a hook that changes the shape of rows costs an allocation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <vector>

#include "leat/data/type_oids.hpp"
#include "leat/transform/transform.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

namespace {

thread_local std::size_t allocations_of_thread = 0;

}  // namespace

#ifndef LEAT_TEST_SANITIZED  // which has allocations of its own
// Of this whole program; what else allocates calls it. Not inlined, or GCC sees free() of what new has given.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations_of_thread;
  if (void* const place = std::malloc(size)) return place;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* place) noexcept {
  std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
#endif

using namespace leat;

namespace {

/// What a hook has filled is thrown away, and its memory used again.
class DroppedBatches final : public jobs_detail::HookBatches {
 public:
  using HookBatches::HookBatches;

  void hand_on() override {
    handed_on += rows.size() + beside.front().size();
    rows.clear();
    beside.front().clear();
  }

  std::size_t handed_on = 0;
};

std::shared_ptr<const jobs_detail::ShapedSchemas> person_schemas() {
  auto made = std::make_shared<jobs_detail::ShapedSchemas>();
  made->input = std::make_shared<const Schema>(std::vector<Column>{{.name = "id", .type = oid::int8},
                                                                   {.name = "email", .type = oid::text},
                                                                   {.name = "note", .type = oid::text}});
  made->output = std::make_shared<const Schema>(std::vector<Column>{{.name = "id", .type = oid::int8},
                                                                    {.name = "note", .type = oid::text},
                                                                    {.name = "domain", .type = oid::text}});
  made->beside.push_back({.table = "seen", .columns = made->input});
  match_columns_of(*made);
  return made;
}

RowBatch people(const std::shared_ptr<const Schema>& columns, std::int64_t count) {
  RowBatch batch(columns);
  RowBuilder rows(batch);
  for (std::int64_t i = 0; i < count; ++i) {
    rows.add_row(i, "somebody@a-place-with-a-name-that-is-no-short-string.example",
                 i % 3 == 0 ? std::optional<std::string_view>() : "a note that is no short string either");
  }
  return batch;
}

/// How many allocations a pass over that many rows takes, when the batches have the room that they need.
std::size_t allocations_of(const Transform& hook, std::int64_t count) {
  const auto schemas = person_schemas();
  const RowBatch in = people(schemas->input, count);
  const auto run = hook.shaping()->prepare(schemas);
  DroppedBatches out(*schemas, RowBatch(schemas->output), 16 * 1024);
  run(in, out);
  out.hand_on();
  const std::size_t written = out.handed_on;
  const std::size_t before = allocations_of_thread;
  run(in, out);
  out.hand_on();
  const std::size_t after = allocations_of_thread;
  CHECK(out.handed_on == 2 * written);
  CHECK(written == static_cast<std::size_t>(4 * count));
  return after - before;
}

}  // namespace

TEST_CASE("shaped hooks: no row costs an allocation, of the target or beside") {
  const auto domain_of = [](std::string_view email) { return email.substr(email.find('@') + 1); };
  const Transform by_fields = Transform::shaped(RowShape{}, [domain_of](const HookColumns& columns) {
    return [domain_of, id = columns.input().field<std::int64_t>("id"),
            email = columns.input().field<std::string_view>("email"),
            domain = columns.output().field<std::string_view>("domain"),
            seen = columns.beside("seen")](const RowView& row, RowOutput& out) {
      out.copy_matching(row).set(domain, domain_of(row.get(email)));
      out.add_row(row.get(id), std::nullopt, row.get(email));
      out.to(seen).copy_row(row);
      out.to(seen).add_row(row.get(id), row.get(email), "again");
    };
  });
  const Transform by_names = Transform::shaped(RowShape{}, [domain_of](const RowView& row, RowOutput& out) {
    const auto email = row.get<std::string_view>("email");
    out.copy_matching(row).set("domain", domain_of(email));
    out.add_row(row.get<std::int64_t>("id"), row.get<std::optional<std::string_view>>("note"), email);
    out.to("seen").copy_row(row);
    out.to("seen").add_row(row.get<std::int64_t>("id"), email, std::nullopt);
  });
  for (const Transform& hook : {by_fields, by_names}) {
    const std::size_t of_few = allocations_of(hook, 1000);
    CHECK(of_few < 100);
    CHECK(allocations_of(hook, 20'000) == of_few);
  }
}
