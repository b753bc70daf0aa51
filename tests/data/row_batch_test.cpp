#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "data/rows.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/data/row_view.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::shared_ptr<const Schema> notes() {
  return schema_of({{.name = "note", .type = oid::text}});
}

std::string note(const RowBatch& batch, std::size_t row) {
  return batch.row(row).get<std::string>("note");
}

/// The tuple of a note.
std::vector<std::byte> tuple(std::string_view text) {
  std::vector<std::byte> row(6);
  detail::store<std::int16_t>(row.data(), 1);
  detail::store<std::int32_t>(row.data() + 2, static_cast<std::int32_t>(text.size()));
  for (const char c : text) row.push_back(static_cast<std::byte>(c));
  return row;
}

void expect_nothing_in(const RowBatch& batch) {
  CHECK(batch.empty());
  CHECK(batch.size() == 0);
  CHECK(batch.bytes() == 0);
  CHECK(batch.data().empty());
  CHECK(batch.begin() == batch.end());
  CHECK(batch.first_row() == 0);
}

int freed = 0;
void count_and_free(void* memory) {
  ++freed;
  std::free(memory);
}

RowBatch adopted(std::string_view text) {
  const auto row = tuple(text);
  auto* const memory = static_cast<std::byte*>(std::malloc(row.size()));
  REQUIRE(memory != nullptr);
  std::memcpy(memory, row.data(), row.size());
  return RowBatch::adopt(notes(), memory, row.size(), &count_and_free);
}

}  // namespace

TEST_CASE("RowBatch: a new one is empty, whether or not it has room", "[data]") {
  expect_nothing_in(RowBatch(notes()));
  const RowBatch roomy(notes(), 1000);
  expect_nothing_in(roomy);
  CHECK(roomy.capacity() >= 1000);
  CHECK(byte_weight(roomy) >= 1000);
}

TEST_CASE("RowBatch: every row keeps its place while the batch grows", "[data]") {
  RowBatch batch(notes());
  batch.set_first_row(100);
  std::vector<std::string> texts;
  std::string all;
  for (std::size_t i = 0; i < 700; ++i) {
    texts.push_back(std::string(i * 37 % 101, static_cast<char>('a' + i % 26)) + std::to_string(i));
    batch.append(tuple(texts.back()));
    all += hex(tuple(texts.back()));
    REQUIRE(batch.size() == i + 1);
    REQUIRE(note(batch, 0) == texts[0]);
    REQUIRE(note(batch, i / 2) == texts[i / 2]);
    REQUIRE(note(batch, i) == texts[i]);
  }
  CHECK(batch.bytes() == all.size() / 2);
  CHECK(hex(batch.data()) == all);
  CHECK(batch.capacity() >= batch.bytes());
  CHECK(byte_weight(batch) >= batch.capacity() + 700 * sizeof(std::size_t));
  std::size_t visited = 0;
  for (const RowView row : batch) {
    CHECK(row.get<std::string_view>(0) == texts[visited]);
    CHECK(row.ordinal() == 100 + visited);
    ++visited;
  }
  CHECK(visited == 700);
}

TEST_CASE("RowBatch: rows of no columns are rows", "[data]") {
  RowBatch batch(schema_of({}));
  RowBuilder builder(batch);
  for (int i = 0; i < 3; ++i) {
    builder.begin_row();
    builder.finish_row();
  }
  builder.copy_row(batch.row(0));
  CHECK(batch.size() == 4);
  CHECK(hex(batch.data()) == "0000000000000000");
}

TEST_CASE("RowBatch: clear forgets the rows and keeps the memory", "[data]") {
  RowBatch batch(notes());
  for (int i = 0; i < 100; ++i) batch.append(tuple("old"));
  batch.set_first_row(7);
  const std::size_t capacity = batch.capacity();
  batch.clear();
  expect_nothing_in(batch);
  CHECK(batch.capacity() == capacity);
  batch.append(tuple("new"));
  CHECK(batch.size() == 1);
  CHECK(hex(batch.data()) == hex(tuple("new")));
}

TEST_CASE("RowBatch: a move takes the rows along, and the one moved from can be assigned to", "[data]") {
  RowBatch first(notes());
  for (int i = 0; i < 20; ++i) first.append(tuple("row " + std::to_string(i)));
  first.set_first_row(5);
  const auto* const place = first.data().data();
  RowBatch second(std::move(first));
  REQUIRE(second.size() == 20);
  CHECK(second.data().data() == place);
  CHECK(note(second, 19) == "row 19");
  CHECK(second.first_row() == 5);

  first = RowBatch(notes());
  expect_nothing_in(first);
  first.append(tuple("another"));
  CHECK(note(first, 0) == "another");
  CHECK(note(second, 0) == "row 0");

  second = std::move(first);
  REQUIRE(second.size() == 1);
  CHECK(note(second, 0) == "another");
  CHECK(second.first_row() == 0);
}

TEST_CASE("RowBatch: adopted memory is used in place, grows by a copy and is freed once", "[data]") {
  freed = 0;
  SECTION("and left as it is") {
    {
      const RowBatch batch = adopted("taken over");
      REQUIRE(batch.size() == 1);
      CHECK(note(batch, 0) == "taken over");
      CHECK(freed == 0);
    }
    CHECK(freed == 1);
  }
  SECTION("and grown") {
    {
      RowBatch batch = adopted("taken over");
      batch.append(tuple("more"));
      CHECK(freed == 1);
      CHECK(note(batch, 0) == "taken over");
      CHECK(note(batch, 1) == "more");
    }
    CHECK(freed == 1);
  }
  SECTION("and given up for another batch") {
    RowBatch batch = adopted("taken over");
    batch = RowBatch(notes());
    CHECK(freed == 1);
    expect_nothing_in(batch);
  }
}

TEST_CASE("RowBatchPool: a batch comes back with its memory, and without its rows", "[data]") {
  RowBatchPool pool(2, 512);
  CHECK(pool.idle() == 0);
  RowBatch batch = pool.acquire(notes());
  expect_nothing_in(batch);
  CHECK(batch.capacity() >= 512);
  for (int i = 0; i < 30; ++i) batch.append(tuple("old"));
  batch.set_first_row(1000);
  const auto* const place = batch.data().data();
  pool.release(std::move(batch));
  CHECK(pool.idle() == 1);

  const auto numbers = schema_of({{.name = "n", .type = oid::int4}});
  RowBatch again = pool.acquire(numbers);
  CHECK(pool.idle() == 0);
  expect_nothing_in(again);
  CHECK(again.schema() == numbers);
  again.append(unhex("00010000000400000007"));
  CHECK(again.data().data() == place);
  REQUIRE(again.size() == 1);
  CHECK(again.row(0).get<std::int32_t>("n") == 7);
}

TEST_CASE("RowBatchPool: it drops its hold on the schema of a batch that waits", "[data]") {
  RowBatchPool pool(1);
  const auto schema = notes();
  RowBatch batch = pool.acquire(schema);
  CHECK(schema.use_count() == 2);
  pool.release(std::move(batch));
  CHECK(schema.use_count() == 1);
}

TEST_CASE("RowBatchPool: it keeps no more batches than its limit, and none that have grown wide", "[data]") {
  RowBatchPool none(0);
  none.release(RowBatch(notes()));
  CHECK(none.idle() == 0);

  RowBatchPool pool(2, 1000);
  for (int i = 0; i < 3; ++i) pool.release(RowBatch(notes(), 1000));
  CHECK(pool.idle() == 2);

  RowBatchPool narrow(2, 1000);
  narrow.release(RowBatch(notes(), 4004));
  CHECK(narrow.idle() == 0);
  narrow.release(RowBatch(notes(), 4000));
  CHECK(narrow.idle() == 1);

  RowBatchPool any_size(1);
  any_size.release(RowBatch(notes(), 1 << 20));
  CHECK(any_size.idle() == 1);
}

TEST_CASE("RowBatchPool: a batch may outlive it", "[data]") {
  auto pool = std::make_unique<RowBatchPool>(1, 64);
  pool->release(pool->acquire(notes()));
  RowBatch batch = pool->acquire(notes());
  pool.reset();
  batch.append(tuple("still here"));
  CHECK(note(batch, 0) == "still here");
}

TEST_CASE("RowBatchPool: threads that share it get empty batches of their own", "[data]") {
  constexpr int rounds = 2000;
  RowBatchPool pool(3);
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&pool, &count = wrong[t], row = tuple(std::to_string(t))] {
      const auto schema = notes();
      for (int i = 0; i < rounds; ++i) {
        RowBatch batch = pool.acquire(schema);
        count += !batch.empty() || batch.schema() != schema;
        batch.append(row);
        std::this_thread::yield();
        count += hex(batch.data()) != hex(row);
        pool.release(std::move(batch));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>{0, 0, 0, 0});
  CHECK(pool.idle() <= 3);
}
