// A source that is no database: a generator of numbers, through every mode, with rejects, a ledger, and
// resume.
#include <atomic>
#include <charconv>
#include <string>

#include "guest.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/transform/transform.hpp"
#include "modes.hpp"
#include "support/seed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

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

/// What is to go wrong.
struct Trouble {
  std::atomic<std::int64_t> fails_at{-1};  ///< reading the row of that number, once
  std::atomic<std::int64_t> bad_at{-1};    ///< a value that the target refuses
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
  [[nodiscard]] std::string identity(const std::stop_token&) override {
    return "numbers to " + std::to_string(count_);
  }
  [[nodiscard]] std::string shared_snapshot() const override { return "always the same"; }
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

  [[nodiscard]] StoreCapabilities capabilities() const override {
    return {.snapshot = true, .shared_snapshot = true};
  }
  [[nodiscard]] StoreObject describe(const std::string&, const std::stop_token&) override {
    return {
        .columns = {{.name = "id", .type = oid::int8, .nullable = false}, {.name = "v", .type = oid::text}},
        .rows = static_cast<std::uint64_t>(count_)};
  }
  [[nodiscard]] std::shared_ptr<UnitSource> open(const std::string&, std::shared_ptr<const Schema> schema,
                                                 const StoreCutting& cutting,
                                                 const std::stop_token&) override {
    const auto units = static_cast<std::int64_t>(cutting.readers == 1 ? 1 : 8 * cutting.readers);
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

  [[nodiscard]] CopyTableOptions copy(std::int64_t count) const {
    auto options = bed.copy();
    options.source = ResolvedConnection::of_store("numbers:" + std::to_string(count));
    options.stores.add("numbers", [trouble = trouble](const std::string& url) {
      return std::make_shared<NumberSource>(std::stoll(url.substr(url.find(':') + 1)), trouble);
    });
    options.from = "all";
    options.to = "t";
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
std::string all_of(std::int64_t count) {
  const std::string all = std::to_string(count);
  return all + "|" + all + "|" + std::to_string(count * (count - 1) / 2) + "|" + all;
}

}  // namespace

TEST_CASE("store: a generator loads by every mode, however its rows travel", "[server]") {
  const NumberBed bed;
  const auto mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  INFO(to_string(mode));
  auto options = bed.copy(20'000);
  options.mode = mode;
  if (mode != WriteMode::append) bed.bed.dst("INSERT INTO t VALUES (7, 'v7')");
  SECTION("one reader, one writer") {}
  SECTION("two readers") {
    options.readers = 2;
  }
  SECTION("eight of each") {
    options.readers = options.writers = 8;
  }
  SECTION("a job") {
    options.delivery.job = "numbers";
    options.readers = options.writers = 2;
  }
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_read == 20'000);
  CHECK(bed.numbers() == all_of(20'000));
}

TEST_CASE("store: a million rows of a generator, into a table that is made", "[server][rounds]") {
  const auto count = static_cast<std::int64_t>(rounds(1'000'000));
  const NumberBed bed;
  auto options = bed.copy(count);
  options.to = "made";
  options.stream.create = CreateTarget::columns;
  options.stream.batch_bytes = ByteCount{1U << 20U};
  options.rename = {{"v", "w"}};
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_written == static_cast<std::uint64_t>(count));
  CHECK(bed.bed.dst("SELECT count(*), count(DISTINCT id), sum(id), count(*) FROM made WHERE w = 'v' || id") ==
        all_of(count));
}

TEST_CASE("store: rows that the target refuses are rejected", "[server]") {
  const NumberBed bed;
  bed.trouble->bad_at = 500;
  auto options = bed.copy(2000);
  options.mode = WriteMode::append;
  std::vector<std::string> rejected;
  options.stream.max_rejects = 1;
  options.stream.rejects.callback = [&](const RejectedRow& row) {
    rejected.push_back(row.sqlstate + " " + row.key);
  };
  SECTION("one transaction") {}
  SECTION("a job") {
    options.delivery = {.job = "rejects", .on_lost_snapshot = OnLostSnapshot::carry_on};
  }
  const JobReport report = CopyTable(options).run();
  CHECK(report.status == JobStatus::done_with_rejects);
  CHECK(rejected == std::vector<std::string>{"23514 (id)=(500)"});
  CHECK(bed.bed.dst("SELECT count(*) FROM t") == "1999");
}

TEST_CASE("store: a job goes on where its generator has failed", "[server]") {
  const NumberBed bed;
  auto options = bed.copy(50'000);
  options.readers = options.writers = 2;
  options.delivery = {.job = "worn out", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
  SECTION("straight") {
    options.mode = WriteMode::append;
  }
  SECTION("published") {
    options.mode = WriteMode::replace;
  }
  bed.trouble->fails_at = 40'000;
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.sqlstate() == "58030");
  CHECK(std::string(error.where()).find("numbers {") != std::string::npos);
  bed.trouble->fails_at = -1;
  const JobReport report = CopyTable(options).run();
  CHECK(report.consistent);
  CHECK(report.slices_skipped > 0);
  CHECK(report.slices_done > 0);
  CHECK(bed.numbers() == all_of(50'000));
  CHECK(CopyTable(options).run().slices_skipped == report.slices_total);
}

TEST_CASE("store: what stands around the rows is the same as from a server, by every way", "[server]") {
  constexpr std::int64_t count = 2000;
  const NumberBed bed;
  auto options = bed.copy(count);
  options.mode = WriteMode::append;
  bool is_straight = false;
  const int way = GENERATE(0, 1, 2, 3, 4);
  INFO("way " << way);
  if (way == 1) options.readers = 8;
  if (way >= 2) options.readers = options.writers = 8;
  if (way == 3) options.delivery.job = "published";
  if (way == 4) {
    options.delivery = {.job = "straight", .on_lost_snapshot = OnLostSnapshot::carry_on};
    is_straight = true;
  }
  std::string wanted = all_of(count);
  std::string effect = "SELECT 1";
  std::string of_effect = "1";
  bool is_refused = false;
  SECTION("the table is made") {
    bed.bed.dst("DROP TABLE t");
    options.stream.create = CreateTarget::full;
  }
  SECTION("a column is added") {
    bed.bed.dst("ALTER TABLE t DROP COLUMN v");
    options.stream.evolve = true;
  }
  SECTION("a row hook") {
    options.transform_workers = 3;
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int64_t>("id") < count / 2) out.copy_row(row);
    };
    wanted = all_of(count / 2);
  }
  SECTION("sequences and statistics") {
    bed.bed.dst("CREATE SEQUENCE s OWNED BY t.id; ALTER TABLE t ALTER id SET DEFAULT nextval('s')");
    options.stream.analyze = true;
    effect = "SELECT nextval('s'), (SELECT reltuples FROM pg_class WHERE relname = 't')";
    of_effect = "2000|2000";
  }
  SECTION("indexes are made again") {
    bed.bed.dst("CREATE INDEX by_v ON t (v)");
    options.stream.indexes = Indexes::rebuild;
    is_refused = is_straight;
    effect = "SELECT count(*) FROM pg_indexes WHERE indexname = 'by_v'";
  }
  SECTION("work before the commit") {
    bed.bed.dst("CREATE TABLE said (n int)");
    options.stream.before_commit = [](Connection& target, const std::stop_token& stop) {
      target.execute("INSERT INTO said SELECT count(*) FROM t", {}, stop);
    };
    is_refused = is_straight;
    effect = "SELECT n FROM said";
    of_effect = std::to_string(count);
  }
  if (is_refused) {
    CHECK(error_of(options).kind() == ErrorKind::config);
    return;
  }
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.numbers() == wanted);
  CHECK(bed.bed.dst(effect) == of_effect);
}

TEST_CASE("store: what needs a server of PostgreSQL is refused before anything happens", "[server]") {
  const NumberBed bed;
  auto options = bed.copy(10);
  std::string word;
  SECTION("a condition") {
    options.where = "id > 3";
    word = "where";
  }
  SECTION("verification") {
    options.stream.verify = true;
    word = "verify";
  }
  SECTION("a store that is not there") {
    options.source = ResolvedConnection::of_store("letters:10");
    word = "\"letters\"";
  }
  SECTION("a column that is not there") {
    options.exclude = {"w"};
    word = "no column";
  }
  SECTION("a type that the target converts nothing into") {
    bed.bed.dst("ALTER TABLE t ALTER COLUMN id TYPE int");
    word = "integer";
  }
  const Error error = error_of(options);
  INFO(error.what());
  CHECK(std::string(error.what()).find(word) != std::string::npos);
  CHECK(bed.bed.dst("SELECT count(*) FROM t") == "0");
}
