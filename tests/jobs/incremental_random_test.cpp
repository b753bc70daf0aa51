// Transactions that take their values early and commit late, while incremental loads run: after the last load
// the target has what the source has.
#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "incremental.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Writers of the source, of which each commits some time after it has taken its value.
class LateWriters {
 public:
  LateWriters(std::mt19937& random, std::int64_t most_late) : random_(random), most_late_(most_late) {
    for (int i = 0; i < 3; ++i) {
      writers_.push_back(
          {.session = Connection::open(ConnectionTarget::parse(Bed::server().uri("src")), {})});
    }
  }

  /// One of them begins, writes, commits or gives up.
  void step() {
    const auto longest = std::min_element(writers_.begin(), writers_.end(), [](const auto& a, const auto& b) {
      return (a.is_open ? a.value : INT64_MAX) < (b.is_open ? b.value : INT64_MAX);
    });
    // None is open for longer than is promised.
    if (longest->is_open && next_value_ - longest->value >= most_late_) end(*longest);
    Writer& one = writers_[number(writers_.size())];
    if (one.is_open && number(3) == 0) {
      end(one);
    } else {
      write(one);
    }
  }
  void end_all() {
    for (auto& one : writers_) {
      if (one.is_open) end(one);
    }
  }
  void forget() {
    free_.clear();
    next_id_ = 1;
    next_value_ = 1;
  }

 private:
  struct Writer {
    Connection session;
    bool is_open = false;
    std::int64_t value = 0;
    std::vector<std::int64_t> ids{};
  };

  std::size_t number(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }
  void write(Writer& one) {
    if (!one.is_open) {
      static_cast<void>(one.session.execute("BEGIN"));
      one.is_open = true;
      one.value = next_value_++;
    }
    const bool nested = number(2) == 0;
    if (nested) static_cast<void>(one.session.execute("SAVEPOINT s"));
    const std::string value = std::to_string(one.value);
    if (!free_.empty() && number(3) == 0) {
      const auto chosen = free_.begin() + static_cast<std::ptrdiff_t>(number(free_.size()));
      one.ids.push_back(*chosen);
      static_cast<void>(one.session.execute("UPDATE t SET v = v || '.', seen = " + value +
                                            " WHERE id = " + std::to_string(*chosen)));
      free_.erase(chosen);
    } else {
      one.ids.push_back(next_id_);
      static_cast<void>(one.session.execute("INSERT INTO t VALUES (" + std::to_string(next_id_++) +
                                            ", 'v', " + value + ")"));
    }
    if (nested) static_cast<void>(one.session.execute("RELEASE s"));
  }
  void end(Writer& one) {
    const bool commits = number(5) != 0;
    static_cast<void>(one.session.execute(commits ? "COMMIT" : "ROLLBACK"));
    one.is_open = false;
    // Of those that were rolled back some are no rows, of which an UPDATE changes none.
    free_.insert(free_.end(), one.ids.begin(), one.ids.end());
    one.ids.clear();
  }

  std::mt19937& random_;
  const std::int64_t most_late_;
  std::vector<Writer> writers_;
  std::vector<std::int64_t> free_;  // rows that no open transaction has
  std::int64_t next_id_ = 1;
  std::int64_t next_value_ = 1;
};

}  // namespace

TEST_CASE("incremental: rows that commit late are not lost, whatever the schedule", "[server][random]") {
  const Bed bed;
  make_growing_tables(bed);
  // Each round takes half a second: with LEAT_ROUNDS=850 they are more than a thousand.
  const RandomRun run(120, 4);
  std::mt19937 random(run.seed());
  constexpr std::int64_t most_late = 6;
  LateWriters writers(random, most_late);
  const auto below = [&random](int end) { return std::uniform_int_distribution<>(0, end - 1)(random); };
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    bed.both("TRUNCATE t");
    bed.dst("DROP SCHEMA IF EXISTS leat_meta CASCADE");
    writers.forget();
    auto options = new_rows(bed, std::array{WriteMode::upsert, WriteMode::delete_insert}[round % 2]);
    const bool by_snapshot = below(2) == 0;
    if (by_snapshot) {
      options.incremental->bound = IncrementalBound::snapshot;
    } else {
      options.incremental->lag = std::to_string(most_late);
    }
    if (below(4) == 0) options.readers = 2;
    options.stream.verify = below(4) == 0;
    const CopyTable job(options);
    for (int load = 0; load < 4; ++load) {
      for (int steps = below(12); steps > 0; --steps) writers.step();
      static_cast<void>(job.run());
    }
    writers.end_all();
    static_cast<void>(job.run());
    INFO("round " << round << (by_snapshot ? ", by the snapshot" : ", by lag"));
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
}
