#pragma once

#include <atomic>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bed.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/store/store_registry.hpp"
#include "leat/data/type_oids.hpp"

// A source that is no database: a generator of numbers.
namespace leat::test {

/// From one number to before another one: {"from":0,"before":10}.
struct Numbers {
  std::int64_t from = 0;
  std::int64_t before = 0;

  [[nodiscard]] std::string text() const {
    return R"({"from":)" + std::to_string(from) + R"(,"before":)" + std::to_string(before) + "}";
  }
  [[nodiscard]] static Numbers of(const std::string& definition) {
    const auto number = [&](const std::string& name) {
      const auto at = definition.find("\"" + name + "\":") + name.size() + 3;
      return std::stoll(definition.substr(definition.find_first_not_of(' ', at)));
    };
    return {number("from"), number("before")};
  }
};

inline std::string numbers_to(std::int64_t count) {
  return "numbers to " + std::to_string(count);
}

/// What is to go wrong.
struct Trouble {
  std::atomic<std::int64_t> fails_at{-1};  ///< reading the row of that number, once
  std::atomic<std::int64_t> bad_at{-1};    ///< a value that the target refuses
  std::atomic<std::int64_t> waits_at{-1};  ///< before the row of that number, until that is changed
  std::atomic<std::int64_t> more{0};       ///< numbers than the URL says
  bool is_private = false;                 ///< no other process can see the same rows
  std::int64_t shared_count = 0;           ///< what those see that join
  StoreCapabilities can{.snapshot = true, .shared_snapshot = true};
};

class NumberReader final : public UnitReader {
 public:
  NumberReader(std::shared_ptr<const Schema> schema, std::shared_ptr<Trouble> trouble)
      : schema_(std::move(schema)), trouble_(std::move(trouble)) {}

  void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
            const std::stop_token& stop) override {
    Numbers numbers = Numbers::of(unit.definition);
    while (numbers.from < numbers.before) {
      RowBatch batch = options.pool->acquire(schema_);
      RowBuilder rows(batch);
      for (; numbers.from < numbers.before && batch.bytes() < options.batch_bytes.count(); ++numbers.from) {
        if (trouble_->fails_at.load() == numbers.from) {
          throw Error(ErrorKind::source, "the generator is worn out", {.sqlstate = "58030"});
        }
        while (trouble_->waits_at.load() == numbers.from) detail::pause(std::chrono::milliseconds(5), stop);
        rows.begin_row();
        for (std::size_t i = 0; i < schema_->size(); ++i) {
          if ((*schema_)[i].name == "id") {
            rows.add(numbers.from);
          } else {
            rows.add(numbers.from == trouble_->bad_at.load() ? std::string("bad")
                                                             : "v" + std::to_string(numbers.from));
          }
        }
        rows.finish_row();
      }
      feed.write(std::move(batch), stop);
      const std::int64_t left = numbers.before - numbers.from;
      if (left < 1000 || !feed.is_hungry()) continue;
      const Numbers head{Numbers::of(unit.definition).from, numbers.from + left / 2};
      if (feed.split(head.text(), Numbers{head.before, numbers.before}.text(), "", stop))
        numbers.before = head.before;
    }
  }
  [[nodiscard]] std::string name_of(const Unit& unit) const override { return "numbers " + unit.definition; }

 private:
  const std::shared_ptr<const Schema> schema_;
  const std::shared_ptr<Trouble> trouble_;
};

class NumberUnits final : public UnitSource {
 public:
  NumberUnits(std::int64_t count, std::int64_t units, std::shared_ptr<const Schema> schema,
              std::shared_ptr<Trouble> trouble)
      : count_(count), units_(units), schema_(std::move(schema)), trouble_(std::move(trouble)) {}

  [[nodiscard]] std::vector<std::string> cut() const override {
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < units_; ++i)
      all.push_back(Numbers{count_ * i / units_, count_ * (i + 1) / units_}.text());
    return all;
  }
  void check(const std::string& definition) const override {
    if (Numbers::of(definition).before <= count_) return;
    throw Error(ErrorKind::source, "there are fewer numbers now", {.sqlstate = "55000"});
  }
  [[nodiscard]] std::uint64_t order_of(const Unit& unit) const override {
    return static_cast<std::uint64_t>(Numbers::of(unit.definition).from);
  }
  [[nodiscard]] std::unique_ptr<UnitReader> reader() override {
    return std::make_unique<NumberReader>(schema_, trouble_);
  }
  [[nodiscard]] std::string identity(const std::stop_token&) override { return numbers_to(count_); }
  [[nodiscard]] std::optional<std::string> shared_snapshot() const override {
    return trouble_->is_private ? std::nullopt : std::optional(numbers_to(count_));
  }
  void check_alive(const std::stop_token&) override {}
  void release() noexcept override {}

 private:
  const std::int64_t count_;
  const std::int64_t units_;
  const std::shared_ptr<const Schema> schema_;
  const std::shared_ptr<Trouble> trouble_;
};

/// "numbers:1000": so many rows of (id, v).
class NumberSource final : public StoreSource {
 public:
  NumberSource(std::int64_t count, std::shared_ptr<Trouble> trouble)
      : count_(count), trouble_(std::move(trouble)) {}

  [[nodiscard]] StoreCapabilities capabilities() const override { return trouble_->can; }
  [[nodiscard]] StoreObject describe(const std::string&, const std::stop_token&) override {
    return {
        .columns = {{.name = "id", .type = oid::int8, .nullable = false}, {.name = "v", .type = oid::text}},
        .rows = static_cast<std::uint64_t>(count_)};
  }
  [[nodiscard]] std::shared_ptr<UnitSource> open(const std::string&, std::shared_ptr<const Schema> schema,
                                                 const StoreReading& how, const std::stop_token&) override {
    if (how.snapshot && *how.snapshot != numbers_to(trouble_->shared_count)) {
      throw std::logic_error("the snapshot is another one than was shared");
    }
    const auto units = static_cast<std::int64_t>(how.readers == 1 ? 1 : 8 * how.readers);
    return std::make_shared<NumberUnits>(count_, units, std::move(schema), trouble_);
  }

 private:
  const std::int64_t count_;
  const std::shared_ptr<Trouble> trouble_;
};

struct NumberBed {
  const Bed bed;
  std::shared_ptr<Trouble> trouble = std::make_shared<Trouble>();

  NumberBed() { bed.dst("CREATE TABLE t (id bigint PRIMARY KEY, v text CHECK (v <> 'bad'))"); }

  [[nodiscard]] StoreRegistry stores() const {
    StoreRegistry stores;
    stores.add("numbers", [trouble = trouble](const std::string& url) {
      return std::make_shared<NumberSource>(std::stoll(url.substr(url.find(':') + 1)) + trouble->more.load(),
                                            trouble);
    });
    return stores;
  }
  [[nodiscard]] CopyTableOptions copy(std::int64_t count) const {
    auto options = bed.copy();
    options.source = ResolvedConnection::of_store("numbers:" + std::to_string(count));
    options.stores = stores();
    options.table.from = "all";
    options.table.to = "t";
    options.stream.batch_bytes = ByteCount{16U << 10U};
    return options;
  }
  [[nodiscard]] std::string numbers() const {
    return bed.dst(
        "SELECT count(*), count(DISTINCT id), COALESCE(sum(id), 0), count(*) FILTER (WHERE v = 'v' || id) "
        "FROM t");
  }
};

/// What numbers() says of that many.
inline std::string all_of(std::int64_t count) {
  const std::string all = std::to_string(count);
  return all + "|" + all + "|" + std::to_string(count * (count - 1) / 2) + "|" + all;
}

}  // namespace leat::test
