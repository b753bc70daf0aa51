// Signals and ends that nobody reads or writes: a stop is heard everywhere, and its exit code is true.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <random>

#include "signals.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "support/random.hpp"
#include "two_databases.hpp"
#include "waits.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

/// A pipe with a name, which goes with it.
class NamedPipe {
 public:
  explicit NamedPipe(const std::string& name = "pipe") : path_(directory_.file(name)) {
    REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
  }
  [[nodiscard]] std::string directory() const { return directory_.path().string(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  OwnDirectory directory_;
  std::string path_;
};

/// Somebody who has opened a pipe to read, and goes away with this.
class PipeReader {
 public:
  explicit PipeReader(const NamedPipe& pipe)
      : descriptor_(::open(pipe.path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;
  ~PipeReader() { ::close(descriptor_); }

  /// What is in the pipe, if that is not much.
  [[nodiscard]] std::string read() const {
    std::string text(4096, '\0');
    text.resize(
        static_cast<std::size_t>(std::max<ssize_t>(0, ::read(descriptor_, text.data(), text.size()))));
    return text;
  }
  /// Waits until the pipe holds most of what it can.
  void wait_until_full() const {
    wait_until([&] {
      int held = 0;
      REQUIRE(::ioctl(descriptor_, FIONREAD, &held) == 0);
      return held >= 30000;
    });
  }

 private:
  int descriptor_;
};

void make_rows(int rows) {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, repeat('v', 50) FROM generate_series(1, " + std::to_string(rows) + ") i");
  dst("INSERT INTO t VALUES (-1, 'old')");
}

/// Makes the target refuse all rows that come, which are so wide that few of them fill a pipe.
void have_wide_rows_refused() {
  src("UPDATE t SET v = repeat('w', 5000)");
  dst("ALTER TABLE t ADD CHECK (v = 'old')");
}

/// Ignores a signal, as nohup(1) has its commands do.
class Ignored {
 public:
  explicit Ignored(int signal) : signal_(signal), before_(::signal(signal, SIG_IGN)) {}
  Ignored(const Ignored&) = delete;
  Ignored& operator=(const Ignored&) = delete;
  ~Ignored() { ::signal(signal_, before_); }

 private:
  int signal_;
  sighandler_t before_;
};

}  // namespace

TEST_CASE("leat: after a signal at any moment the exit code tells whether the rows are there",
          "[cli][server]") {
  const RandomRun run(200, 12);
  std::mt19937 random(run.seed());
  make_rows(40000);
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const Words options = std::array<Words, 3>{Words{}, Words{"--job", "j", "--readers", "2"},
                                               Words{"--mode", "swap"}}[random() % 3];
    dst("TRUNCATE t; INSERT INTO t VALUES (-1, 'old')");
    const auto [signal, outcome] =
        stop_at_any_moment(copy(joined(options, {"--progress", "always"})), 400, random);
    INFO("round " << round << ", signal " << signal << ": " << outcome.err);
    if (outcome.exit_code == 0) {
      CHECK(dst("SELECT count(*), min(id) FROM t") == "40000|1\n");
    } else {
      CHECK(outcome.exit_code == 128 + signal);
      CHECK(dst("SELECT count(*), min(id) FROM t") == "1|-1\n");
    }
    if (!options.empty() && options.front() == "--job") {
      const Outcome again = run_leat(copy(options));
      CHECK(again.exit_code == 0);
      CHECK(dst("SELECT count(*), min(id) FROM t") == "40000|1\n");
      CHECK(run_leat(at_target({"jobs", "forget", "j"})).exit_code == 0);
    }
  }
}

TEST_CASE("leat: another signal, a while after the first, ends what hears no stop", "[cli]") {
  const NamedPipe services(".pg_service.conf");
  RunningCommand running({"jobs", "list", "--target", "service=nowhere"}, {},
                         {"HOME=" + services.directory()});
  wait_until_asleep(running);
  running.send(SIGTERM);
  wait_until([&] {
    running.send(SIGINT);
    return running.has_ended();
  });
  const Outcome outcome = running.wait();
  CHECK(outcome.exit_code == 130);
  CHECK(outcome.err == "leat: ended at once by another signal\n");
}

TEST_CASE("leat: what was begun under nohup outlives its terminal", "[cli][server]") {
  make_rows(1);
  const Words words =
      command("query", {"--to", "t", "--sql", "SELECT id FROM t WHERE pg_sleep(600) IS NOT NULL"});
  const auto start = [&] {
    const Ignored hangup(SIGHUP);
    return std::make_unique<RunningCommand>(words);
  };
  const auto running = start();
  wait_for_sessions(1, "wait_event = 'PgSleep'");
  running->send(SIGHUP);
  running->send(SIGTERM);
  CHECK(running->wait(promised(2s)).exit_code == 143);
}

TEST_CASE("leat: a stop is heard while nobody reads standard output", "[cli][server]") {
  make_rows(10);
  SECTION("that was to get help") {
    RunningCommand running({"help", "copy-table"}, {.out = Sink::stuck_pipe});
    wait_until_asleep(running);
    running.send(SIGTERM);
    const Outcome outcome = running.wait(promised(2s));
    CHECK(outcome.exit_code == 9);
    CHECK(has(outcome.err, "standard output cannot be written: nobody has read it until the stop"));
  }
  SECTION("that was to get a report") {
    RunningCommand running(copy(), {.out = Sink::stuck_pipe});
    wait_until([] { return dst("SELECT count(*) FROM t") == "10\n"; });
    wait_for_sessions(0);
    wait_until_asleep(running);
    running.send(SIGHUP);
    const Outcome outcome = running.wait(promised(2s));
    CHECK(outcome.exit_code == 9);
    CHECK(has(outcome.err, ", but the load stands\n"));
    CHECK(dst("SELECT count(*) FROM t") == "10\n");
  }
}

TEST_CASE("leat: a standard error that nobody reads", "[cli][server]") {
  make_rows(10);
  SECTION("makes progress wait for nothing") {
    const Outcome outcome = run_leat(copy({"--progress", "always"}), {.err = Sink::stuck_pipe});
    CHECK(outcome.exit_code == 0);
    CHECK(dst("SELECT count(*) FROM t") == "10\n");
  }
  SECTION("makes a log wait, and a stop is heard") {
    RunningCommand running(copy({"--log-level", "trace"}), {.err = Sink::stuck_pipe});
    wait_until_asleep(running);
    running.send(SIGINT);
    CHECK(running.wait(promised(2s)).exit_code == 130);
    CHECK(dst("SELECT count(*) FROM t") == "1\n");
  }
}

TEST_CASE("leat: a stop is heard while nobody writes what it reads", "[cli][server]") {
  make_rows(10);
  const NamedPipe pipe;
  const std::array<Words, 3> all{command("query", {"--to", "t", "--file", pipe.path()}),
                                 copy({"--connections", pipe.path()}),
                                 {"jobs", "list", "--target", "x", "--connections", pipe.path()}};
  const Words words = all[GENERATE(0U, 1U, 2U)];
  RunningCommand running(words);
  SECTION("and nobody has opened it") {
    wait_until_asleep(running);
    running.send(SIGTERM);
    const Outcome outcome = running.wait(promised(2s));
    CHECK(outcome.exit_code == 143);
    CHECK(has(outcome.err, ": stopped while the "));
  }
  SECTION("to its end") {
    std::ofstream writer(pipe.path());
    writer << "{" << std::flush;
    wait_until_asleep(running);
    running.send(SIGHUP);
    CHECK(running.wait(promised(2s)).exit_code == 129);
  }
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
}

TEST_CASE("leat: a pipe holds a query", "[cli][server]") {
  make_rows(10);
  const NamedPipe pipe;
  RunningCommand running(command("query", {"--to", "t", "--file", pipe.path()}));
  std::ofstream(pipe.path()) << "SELECT id, v FROM t WHERE id > 7";
  CHECK(running.wait().exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "3\n");
}

TEST_CASE("leat: rejected rows for a pipe", "[cli][server]") {
  make_rows(100);
  dst("ALTER TABLE t ADD CHECK (id <> 7)");
  const NamedPipe pipe;
  const Words words = copy({"--max-rejects", "100", "--rejects", pipe.path()});
  SECTION("that nobody reads are refused before the start") {
    const Outcome outcome = RunningCommand(words).wait(promised(5s));
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, "nobody reads from this pipe"));
    CHECK(dst("SELECT count(*) FROM t") == "1\n");
  }
  SECTION("that somebody reads get there") {
    const PipeReader reader(pipe);
    const Outcome outcome = run_leat(words);
    CHECK(outcome.exit_code == 6);
    const std::string text = reader.read();
    CHECK(has(text, "leat_sqlstate"));
    CHECK(has(text, "\"(id)=(7)\""));
  }
  SECTION("whose reader sleeps wait for it, and a stop is heard") {
    have_wide_rows_refused();
    const PipeReader reader(pipe);
    RunningCommand running(words);
    reader.wait_until_full();
    running.send(SIGTERM);
    CHECK(running.wait(promised(3s)).exit_code == 143);
    CHECK(dst("SELECT count(*) FROM t") == "1\n");
  }
  SECTION("whose reader goes away end the load") {
    have_wide_rows_refused();
    auto reader = std::make_unique<PipeReader>(pipe);
    RunningCommand running(words);
    reader->wait_until_full();
    reader.reset();
    const Outcome outcome = running.wait(promised(5s));
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, "58030"));
    CHECK(has(outcome.err, "Broken pipe"));
    CHECK(dst("SELECT count(*) FROM t") == "1\n");
  }
  SECTION("of a job are refused where nobody reads, and the same command goes on") {
    const Words job = joined(words, {"--job", "j", "--mode", "append", "--on-lost-snapshot", "continue"});
    const Outcome refused = RunningCommand(job).wait(promised(20s));
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err, "nobody reads from this pipe"));
    const PipeReader reader(pipe);
    CHECK(run_leat(job).exit_code == 6);
    CHECK(dst("SELECT count(*) FROM t") == "100\n");
  }
}
