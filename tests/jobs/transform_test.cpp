// Row hooks.
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bed.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_orders(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, qty int, v text)");
  bed.src("INSERT INTO t SELECT i, i % 10, nullif('v' || i, 'v3') FROM generate_series(1, 10000) i");
  bed.dst("INSERT INTO t VALUES (-1, 0, 'old')");
}

void check_nothing_transformed(const Bed& bed) {
  CHECK(bed.dst("SELECT string_agg(t::text, ',') FROM t") == "(-1,0,old)");
}

}  // namespace

TEST_CASE("transform: a hook reads every row once, in order", "[server]") {
  const Bed bed;
  make_orders(bed);
  std::int64_t sum = 0;
  std::int32_t last = 0;
  int nulls = 0;
  bool ordered = true;
  auto options = bed.copy();
  options.transform = [&](const Schema& columns) {
    return [&, id = columns.field<std::int32_t>("id"),
            v = columns.field<std::optional<std::string_view>>("v")](const RowView& row, RowBuilder& out) {
      ordered = ordered && row.get(id) == last + 1;
      last = row.get(id);
      sum += row.get(id);
      if (!row.get(v)) ++nulls;
      out.copy_row(row);
    };
  };
  const JobReport report = CopyTable(options).run();
  CHECK(ordered);
  CHECK(sum == 50005000);
  CHECK(nulls == 1);
  CHECK(report.rows_dropped == 0);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("transform: by every way a hook runs on threads of its own, several for each reader", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.transform_workers = 4;
  options.slice_bytes = ByteCount{4U << 13U};
  options.stream.batch_bytes = ByteCount{8U << 10U};
  SECTION("one reader, one writer") {}
  SECTION("two readers") {
    options.readers = 2;
  }
  SECTION("eight writers") {
    options.readers = options.writers = 8;
  }
  SECTION("a job that publishes") {
    options.delivery.job = "published";
    options.readers = options.writers = 2;
  }
  SECTION("a job that does not") {
    options.delivery = {.job = "straight", .on_lost_snapshot = OnLostSnapshot::carry_on};
    options.readers = options.writers = 2;
  }
  std::mutex mutex;
  std::set<std::string> names;
  options.transform = [&](const RowView& row, RowBuilder& out) {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    {
      const std::lock_guard lock(mutex);
      names.emplace(name.data());
    }
    if (row.get<std::int32_t>("qty") > 0) out.copy_row(row).set("qty", row.get<std::int32_t>("qty") * 2);
  };
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_dropped == 1000);
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id), sum(qty) FROM t WHERE id > 0") == "9000|9000|90000");
  CHECK(std::all_of(names.begin(), names.end(),
                    [](const std::string& name) { return name.starts_with("leat-hook"); }));
}

TEST_CASE("transform: rows that a hook does not write are dropped and counted", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  SECTION("some, and others rewritten") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      const auto qty = row.get<std::int32_t>("qty");
      if (qty > 0) out.copy_row(row).set("qty", qty * 2).set("v", std::nullopt);
    };
    const JobReport report = CopyTable(options).run();
    CHECK(report.rows_read == 10000);
    CHECK(report.rows_dropped == 1000);
    CHECK(report.rows_written == 9000);
    CHECK(bed.dst("SELECT count(*), sum(qty), count(v) FROM t") == "9000|90000|0");
  }
  SECTION("all") {
    options.transform = [](const RowView&, RowBuilder&) {};
    const JobReport report = CopyTable(options).run();
    CHECK(report.rows_dropped == 10000);
    CHECK(report.rows_written == 0);
    CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  }
  SECTION("of a query with parameters too") {
    auto query = bed.query("SELECT id, qty, v FROM t WHERE id <= :n");
    query.parameters = {{"n", "100"}};
    query.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") % 2 == 0) out.copy_row(row).set("v", "longer than it was before");
    };
    CHECK(AdHocQuery(query).run().rows_dropped == 50);
    CHECK(bed.dst("SELECT count(*), min(v) FROM t") == "50|longer than it was before");
  }
}

TEST_CASE("transform: a job with a hook may run again", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  options.transform = [](const Schema&) {
    return [first = true](const RowView& row, RowBuilder& out) mutable {
      if (!first) out.copy_row(row);
      first = false;
    };
  };
  const CopyTable job(options);
  CHECK(job.run().rows_dropped == 1);
  CHECK(job.run().rows_dropped == 1);
}

TEST_CASE("transform: what a hook throws is what run() throws, unchanged", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  SECTION("for a row") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") == 9999) throw std::domain_error("password=x is my own text");
      out.copy_row(row);
    };
  }
  SECTION("before the first row") {
    options.transform = [](const Schema&) {
      throw std::domain_error("password=x is my own text");
      return [](const RowView&, RowBuilder&) {};
    };
  }
  std::string text;
  try {
    start(options)->wait();
  } catch (const std::domain_error& error) {
    text = error.what();
  }
  CHECK(text == "password=x is my own text");
  check_nothing_transformed(bed);
}

TEST_CASE("transform: a hook that is wrong about the rows is a transform error", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  SECTION("two rows for one") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      out.copy_row(row);
      if (row.get<std::int32_t>("id") == 7000) out.copy_row(row);
    };
    CHECK(error_of(options).where() == "row 7000");
  }
  SECTION("an unknown column") {
    options.transform = [](const RowView& row, RowBuilder&) {
      static_cast<void>(row.get<std::int32_t>("nothing"));
    };
    CHECK(std::string(error_of(options).what()).find("nothing") != std::string::npos);
  }
  SECTION("another type") {
    options.transform = [](const RowView& row, RowBuilder&) {
      static_cast<void>(row.get<std::int64_t>("qty"));
    };
    CHECK(std::string(error_of(options).what()).find("qty") != std::string::npos);
  }
  SECTION("a NULL") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      static_cast<void>(row.get<std::string_view>("v"));
      out.copy_row(row);
    };
    CHECK(error_of(options).where() == "row 3");
  }
  SECTION("a row that is begun and never finished") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") == 7000) return out.begin_row();
      out.copy_row(row);
    };
    CHECK(error_of(options).where() == "row 7000");
  }
  SECTION("a field of another type, of a copied row and of a new one") {
    const bool copies = GENERATE(true, false);
    options.transform = [copies](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") != 7000) {
        out.copy_row(row);
      } else if (copies) {
        out.copy_row(row).set("qty", "seven");
      } else {
        out.begin_row();
        out.add("seven");
      }
    };
    CHECK(error_of(options).where() == "row 7000");
  }
  SECTION("a field too many") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") != 7000) {
        out.copy_row(row);
        return;
      }
      out.begin_row();
      for (int i = 0; i < 99; ++i) out.add_null();
    };
    CHECK(error_of(options).where() == "row 7000");
  }
  CHECK(error_of(options).kind() == ErrorKind::transform);
  check_nothing_transformed(bed);
}

TEST_CASE("transform: a hook on rows that travel as text is refused before anything is changed", "[server]") {
  const Bed bed;
  make_orders(bed);
  bed.both("ALTER TABLE t ADD r regclass");
  std::atomic<bool> called = false;
  auto options = bed.copy();
  options.transform = [&](const RowView& row, RowBuilder& out) {
    called = true;
    out.copy_row(row);
  };
  const Error error = error_of(options);
  check_error(error, ErrorKind::config, "");
  CHECK(std::string(error.what()).find("\"r\"") != std::string::npos);
  CHECK_FALSE(called);
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("transform: a factory is called by one thread at a time", "[core]") {
  // Not atomic, so that ThreadSanitizer tells where two threads are in it, too.
  int made = 0;
  std::atomic<bool> is_inside = false;
  std::atomic<bool> has_met = false;
  const Transform transform = [&](const Schema&) {
    if (is_inside.exchange(true)) has_met = true;
    const int before = made;
    std::this_thread::yield();
    made = before + 1;
    is_inside = false;
    return [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
  };
  const Schema columns({{.name = "id", .type = 23}});
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 8; ++i) {
      // Copies share the factory.
      readers.emplace_back([&columns, own = Transform(transform), &transform, i] {
        for (int call = 0; call < 1000; ++call) {
          static_cast<void>((i % 2 == 0 ? own : transform).prepare(columns));
        }
      });
    }
  }
  CHECK(made == 8000);
  CHECK_FALSE(has_met);
}

TEST_CASE("transform: a factory counts the hooks of eight readers", "[server]") {
  const Bed bed;
  make_orders(bed);
  auto options = bed.copy();
  options.readers = 8;
  options.writers = 2;
  options.slice_bytes = ByteCount{16U << 10U};
  int made = 0;
  std::atomic<std::uint64_t> rows = 0;
  options.transform = [&](const Schema&) {
    ++made;
    return [&rows](const RowView& row, RowBuilder& out) {
      ++rows;
      out.copy_row(row);
    };
  };
  static_cast<void>(CopyTable(options).run());
  CHECK(made == 8);
  CHECK(rows == 10000);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
