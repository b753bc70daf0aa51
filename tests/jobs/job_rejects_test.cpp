// Rejected rows of jobs with names: each is kept, told and counted once, however many attempts it takes.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>

#include "leat/jobs/job_registry.hpp"
#include "modes.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A directory of the test's own, which goes with what is in it.
class Place {
 public:
  Place()
      : directory_(std::filesystem::temp_directory_path() /
                   ("leat-job-rejects-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(directory_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string file() const { return (directory_ / "rows.csv").string(); }
  [[nodiscard]] std::string text() const {
    std::ifstream file(this->file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void put(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
  /// The column "id" of the file's rows, sorted; "none" without a file.
  [[nodiscard]] std::string ids() const {
    if (!std::filesystem::exists(file())) return "none";
    std::istringstream lines(text());
    std::string line;
    std::getline(lines, line);
    CHECK(line.ends_with("\"leat_hex\",\"id\",\"v\""));
    std::vector<int> found;
    while (std::getline(lines, line)) {
      const auto value = line.rfind(",\"");
      const auto id = line.rfind(",\"", value - 1) + 2;
      found.push_back(std::stoi(line.substr(id)));
    }
    std::sort(found.begin(), found.end());
    std::string text;
    for (const int id : found) text += (text.empty() ? "" : " ") + std::to_string(id);
    return text;
  }
  /// How many files there are.
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(directory_),
                         std::filesystem::directory_iterator());
  }

 private:
  std::filesystem::path directory_;
};

const std::string too_long = "(5, 3000, 15001, 19999)";
const std::string all_bad = "5 3000 15001 19999";

/// Twenty thousand rows, of which four are too long for the target; the source fails at 15000 while it has
/// "fails".
void make_rows_too_long(const Bed& bed) {
  bed.src("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', CASE WHEN i IN " +
          too_long +
          " THEN 60 ELSE i % 40 END) FROM generate_series(1, 20000) i; CREATE TABLE fails (); "
          "CREATE FUNCTION f(i int) RETURNS text LANGUAGE plpgsql AS $$BEGIN IF i = 15000 AND "
          "to_regclass('public.fails') IS NOT NULL THEN RAISE 'no'; END IF; RETURN ''; END$$");
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v varchar(40))");
}

void repair_source(const Bed& bed) {
  bed.src("DROP TABLE fails");
}

CopyTableOptions rejecting_job(const Bed& bed, WriteMode mode, OnLostSnapshot choice, const Place& place) {
  auto options = bed.copy();
  options.mode = mode;
  options.table.map = {{"v", "v || public.f(id)"}};
  options.delivery = {.job = "nightly \"t\"", .on_lost_snapshot = choice};
  options.readers = 1;
  options.writers = 1;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  options.stream.max_rejects = 10;
  options.stream.rejects = {.file = place.file(), .table = "rejected"};
  return options;
}

/// The report of a run whose numbers add up.
JobReport run(const CopyTableOptions& options) {
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_read == report.rows_written + report.rows_unchanged + report.rows_superseded +
                                report.rows_dropped + report.rows_rejected + report.rows_suppressed);
  CHECK((report.status == JobStatus::done_with_rejects) == (report.rows_rejected > 0));
  return report;
}

std::string in_table(const Bed& bed) {
  return bed.dst("SELECT string_agg(id, ' ' ORDER BY id::int) FROM rejected");
}

const std::string count_good = "SELECT count(*), count(DISTINCT id) FROM t";

}  // namespace

TEST_CASE("job rejects: an attempt that goes on counts and keeps what earlier ones have rejected",
          "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::upsert);
  const auto options = rejecting_job(bed, mode, OnLostSnapshot::carry_on, place);
  INFO(to_string(mode));
  check_error(error_of(options), ErrorKind::source, "P0001");
  CHECK(place.ids() == "5 3000");
  // What is published is published with the others.
  CHECK(in_table(bed) == (mode == WriteMode::append ? "5 3000" : ""));
  CHECK(JobRegistry({.target = options.target}).show(options.delivery.job).rejected == 2);
  repair_source(bed);
  const JobReport report = run(options);
  CHECK(report.slices_skipped > 0);
  CHECK(report.rows_rejected == 4);
  CHECK(has_line(report.remarks, "4 rows were rejected, 2 of them by earlier attempts: see " + place.file()));
  CHECK(place.ids() == all_bad);
  CHECK(in_table(bed) == all_bad);
  CHECK(bed.dst(count_good) == "19996|19996");
  CHECK(place.files() == 1);
  // Row numbers of slices say nothing.
  CHECK(bed.dst("SELECT count(leat_row), min(leat_sqlstate) FROM rejected") == "0|22001");
  // Done is done, and says what became of the rows.
  const std::string before = place.text();
  const JobReport again = run(options);
  CHECK(again.rows_rejected == 0);
  CHECK(has_line(again.remarks, "and 4 were rejected then"));
  CHECK(place.text() == before);
  CHECK(in_table(bed) == all_bad);
}

TEST_CASE("job rejects: what is read anew is rejected anew, and not twice", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  const auto options =
      rejecting_job(bed, GENERATE(WriteMode::append, WriteMode::swap), OnLostSnapshot::redo, place);
  check_error(error_of(options), ErrorKind::source, "P0001");
  CHECK(place.ids() == "5 3000");
  repair_source(bed);
  bed.src("UPDATE t SET v = 'short' WHERE id = 5");
  const JobReport report = run(options);
  CHECK(report.slices_skipped == 0);
  CHECK(report.rows_rejected == 3);
  CHECK(place.ids() == "3000 15001 19999");
  CHECK(in_table(bed) == "3000 15001 19999");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_rejects") == "3");
  CHECK(bed.dst(count_good) == "19997|19997");
}

TEST_CASE("job rejects: a restart discards them", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  auto options = rejecting_job(bed, WriteMode::replace, OnLostSnapshot::redo, place);
  CHECK(run(options).rows_rejected == 4);
  CHECK(place.ids() == all_bad);
  bed.src("UPDATE t SET v = 'short' WHERE id IN (5, 19999)");
  options.delivery.restart = true;
  CHECK(run(options).rows_rejected == 2);
  CHECK(place.ids() == "3000 15001");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_rejects") == "2");
  // Where nothing is rejected any more nothing is left.
  bed.src("UPDATE t SET v = 'short'");
  CHECK(run(options).rows_rejected == 0);
  CHECK(place.ids() == "none");
  static_cast<void>(JobRegistry({.target = options.target}).forget(options.delivery.job));
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_rejects") == "0");
}

TEST_CASE("job rejects: rows in the table of rejected rows do not come again by a restart", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  bed.src("DELETE FROM t WHERE id NOT IN " + too_long);
  auto options = rejecting_job(bed, WriteMode::append, OnLostSnapshot::carry_on, place);
  CHECK(run(options).rows_rejected == 4);
  options.delivery.restart = true;
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::config);
  CHECK(std::string(error.what()).find("4 rejected rows") != std::string::npos);
  options.stream.rejects.table.clear();
  CHECK(run(options).rows_rejected == 4);
  CHECK(in_table(bed) == all_bad);
  CHECK(place.ids() == all_bad);
}

TEST_CASE("job rejects: a slice that is tried again rejects its rows once, and the progress says so",
          "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  auto options =
      rejecting_job(bed, GENERATE(WriteMode::append, WriteMode::replace), OnLostSnapshot::carry_on, place);
  options.slice_bytes = ByteCount{1U << 30U};
  options.table.map = {
      {"v", "v || COALESCE((SELECT pg_advisory_xact_lock_shared(4711)::text WHERE id = 17000), '')"}};
  std::mutex mutex;
  std::map<std::string, int> told;
  options.stream.rejects.callback = [&](const RejectedRow& row) {
    const std::lock_guard lock(mutex);
    ++told[row.values.at(0).text.value()];
  };
  std::atomic<std::uint64_t> rejected{0};
  options.stream.progress_interval = std::chrono::milliseconds(1);
  options.stream.on_progress = [&](const Progress& progress) { rejected = progress.rejected; };
  auto gate = Connection::open(ConnectionFactory().resolve(Bed::server().uri("src")).target, {}, {});
  gate.begin();
  static_cast<void>(gate.execute("SELECT pg_advisory_xact_lock(4711)"));
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  CHECK(becomes_true(patience, [&] { return rejected == 3; }));
  bed.kill_session("dst");
  // What was rolled back was not rejected.
  CHECK(becomes_true(patience, [&] { return rejected == 0; }));
  gate.rollback();
  job->wait();
  CHECK(rejected == 4);
  CHECK(told == std::map<std::string, int>{{"5", 1}, {"3000", 1}, {"15001", 1}, {"19999", 1}});
  CHECK(place.ids() == all_bad);
  CHECK(in_table(bed) == all_bad);
  CHECK(bed.dst(count_good) == "19996|19996");
}

TEST_CASE("job rejects: a new attempt of the same process goes on with the file", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  auto options =
      rejecting_job(bed, WriteMode::append, GENERATE(OnLostSnapshot::carry_on, OnLostSnapshot::redo), place);
  options.stream.progress_interval = std::chrono::milliseconds(1);
  bool killed = false;
  options.stream.on_progress = [&](const Progress& progress) {
    if (killed || progress.rejected == 0 || progress.slices->done == 0) return;
    killed = true;
    bed.kill_session("src");
  };
  const JobReport report = run(options);
  CHECK(killed);
  CHECK(report.rows_rejected == 4);
  CHECK(place.ids() == all_bad);
  CHECK(in_table(bed) == all_bad);
  CHECK(bed.dst(count_good) == "19996|19996");
}

TEST_CASE("job rejects: without a name, but with retries or writers", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  auto options = rejecting_job(bed, WriteMode::replace, OnLostSnapshot::redo, place);
  options.delivery.job.clear();
  options.writers = 2;
  CHECK(run(options).rows_rejected == 4);
  CHECK(place.ids() == all_bad);
  CHECK(in_table(bed) == all_bad);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM leat_meta.jobs) + (SELECT count(*) FROM "
                "leat_meta.job_rejects)") == "0");
  // The next one is another job.
  CHECK(error_of(options).kind() == ErrorKind::config);
  CHECK(place.ids() == all_bad);
}

TEST_CASE("job rejects: a file that holds something else is refused, and stays as it is", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  auto options = rejecting_job(bed, WriteMode::append, OnLostSnapshot::carry_on, place);
  place.put("mine\n");
  const Error first = error_of(options);
  CHECK(first.kind() == ErrorKind::config);
  CHECK(std::string(first.what()).find("holds something") != std::string::npos);
  CHECK(place.text() == "mine\n");
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  CHECK(JobRegistry({.target = options.target}).list().empty());
  std::filesystem::remove(place.file());
  check_error(error_of(options), ErrorKind::source, "P0001");
  CHECK(place.ids() == "5 3000");
  // One line more, one less, one that is another: none of them is the job's any more.
  const std::string text = place.text();
  const std::string other = text.substr(0, text.size() - 3) + "y\"\n";
  for (const auto& changed : {text + "mine\n", text.substr(0, text.size() - 1), other, "mine\n" + text}) {
    place.put(changed);
    CHECK(error_of(options).kind() == ErrorKind::config);
    CHECK(place.text() == changed);
  }
  // What lacks rows is written anew.
  place.put(text.substr(0, text.rfind('\n', text.size() - 2) + 1));
  CHECK(place.ids() == "5");
  repair_source(bed);
  CHECK(run(options).rows_rejected == 4);
  CHECK(place.ids() == all_bad);
}

TEST_CASE("job rejects: what earlier attempts have rejected counts for the limit", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  auto options =
      rejecting_job(bed, GENERATE(WriteMode::append, WriteMode::replace), OnLostSnapshot::carry_on, place);
  check_error(error_of(options), ErrorKind::source, "P0001");
  repair_source(bed);
  options.stream.max_rejects = 3;
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "22001");
  CHECK(std::string(error.what()).find("refused 4 rows, more than the 3") != std::string::npos);
  CHECK(std::string(error.what()).find("nothing was committed") == std::string::npos);
  const std::string kept = place.ids();
  CHECK(kept.starts_with("5 3000"));
  options.stream.max_rejects = 1;
  const Error fewer = error_of(options);
  CHECK(fewer.kind() == ErrorKind::config);
  CHECK(std::string(fewer.what()).find("more than the 1 that are allowed") != std::string::npos);
  options.stream.max_rejects = 0;
  options.stream.rejects = {};
  CHECK(error_of(options).kind() == ErrorKind::config);
  CHECK(place.ids() == kept);
  options.stream.max_rejects = 4;
  options.stream.rejects = {.file = place.file()};
  CHECK(run(options).rows_rejected == 4);
  CHECK(place.ids() == all_bad);
}

TEST_CASE("job rejects: a ledger without a place for them gets one", "[server]") {
  const Bed bed;
  const Place place;
  make_rows_too_long(bed);
  repair_source(bed);
  auto options = rejecting_job(bed, WriteMode::append, OnLostSnapshot::carry_on, place);
  CHECK(run(options).rows_rejected == 4);
  bed.dst("DROP TABLE leat_meta.job_rejects; TRUNCATE t");
  const JobRegistry registry({.target = options.target});
  REQUIRE(registry.list().size() == 1);
  CHECK(registry.list().front().rejected == 0);
  static_cast<void>(registry.forget(options.delivery.job));
  std::filesystem::remove(place.file());
  CHECK(run(options).rows_rejected == 4);
  CHECK(place.ids() == all_bad);
}
