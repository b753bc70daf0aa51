#include "jobs/load/replica_lag.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <vector>

#include "bed.hpp"
#include "support/child_process.hpp"

using namespace leat::literals;
using leat::Connection;
using leat::ErrorKind;
using leat::Lsn;
using leat::jobs_detail::judge_replicas;
using leat::jobs_detail::LogHistory;
using leat::jobs_detail::ReplicaLag;
using leat::jobs_detail::ReplicaPosition;
using leat::test::Bed;
using namespace std::chrono_literals;

namespace {

const LogHistory::time_point zero_hour{};

/// Sessions of a role, counted.
ReplicaLag::Open sessions_of(const std::string& role, int* opened = nullptr) {
  return [role, opened](const std::stop_token& stop) {
    if (opened != nullptr) ++*opened;
    auto target = leat::ConnectionTarget::parse(Bed::server().uri("dst"));
    target.set("user", role);
    return std::make_shared<Connection>(Connection::open(
        target, {.side = ErrorKind::target, .application_name = leat::test::application}, stop));
  };
}

/// A session that may be sent the log, as a replica's is.
class Follower {
 public:
  Follower()
      : process_(leat::test::ChildProcess{
            {"psql", "-X", "-d", Bed::server().uri("dst") + "&replication=database&application_name=follower",
             "-c", "SELECT pg_catalog.pg_sleep(600)"},
            std::filesystem::path(Bed::server().socket_dir()) / "follower.log"}
                     .spawn()) {}
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_;
};

}  // namespace

TEST_CASE("Replica lag: more than the limit is too much, and the replica farthest behind is named",
          "[jobs]") {
  const LogHistory history;
  const std::vector<ReplicaPosition> replicas{
      {.name = "near", .replayed = {900}, .measured_lag = 2s},
      {.name = "far", .replayed = {400}, .measured_lag = 31s},
      {.name = "new", .replayed = {800}},
  };
  const auto state = judge_replicas(replicas, Lsn{1000}, history, zero_hour, 30s);
  CHECK(state.pause);
  CHECK(state.replica == "far");
  CHECK(state.lag == 31s);
  CHECK(state.behind == 600_B);
  CHECK_FALSE(judge_replicas(replicas, Lsn{1000}, history, zero_hour, 31s).pause);
  CHECK_FALSE(judge_replicas(replicas, Lsn{1000}, history, zero_hour, 0s).pause);
  CHECK_FALSE(judge_replicas({}, Lsn{1000}, history, zero_hour, 1ms).pause);
}

TEST_CASE("Replica lag: who has replayed all is not behind, whatever was measured before", "[jobs]") {
  const std::vector<ReplicaPosition> replicas{{.name = "r", .replayed = {1000}, .measured_lag = 1h}};
  const auto state = judge_replicas(replicas, Lsn{1000}, {}, zero_hour, 1s);
  CHECK_FALSE(state.pause);
  CHECK(state.behind == 0_B);
}

TEST_CASE("Replica lag: a replica that has stopped replaying is noticed without being measured", "[jobs]") {
  LogHistory history;
  const std::vector<ReplicaPosition> stuck{{.name = "stuck", .replayed = {100}, .measured_lag = 5ms}};
  history.note(zero_hour, Lsn{100}, stuck);
  history.note(zero_hour + 10s, Lsn{200}, stuck);
  history.note(zero_hour + 20s, Lsn{300}, stuck);
  history.note(zero_hour + 90s, Lsn{300}, stuck);
  const auto state = judge_replicas(stuck, Lsn{300}, history, zero_hour + 90s, 30s);
  CHECK(state.pause);
  CHECK(state.lag == 80s);
  // It replays again: what it still lacks is younger.
  const std::vector<ReplicaPosition> awake{{.name = "stuck", .replayed = {200}, .measured_lag = 5ms}};
  history.note(zero_hour + 91s, Lsn{300}, awake);
  CHECK(judge_replicas(awake, Lsn{300}, history, zero_hour + 91s, 30s).lag == 71s);
  const std::vector<ReplicaPosition> done{{.name = "stuck", .replayed = {300}, .measured_lag = 5ms}};
  history.note(zero_hour + 92s, Lsn{310}, done);
  CHECK(judge_replicas(done, Lsn{310}, history, zero_hour + 93s, 30s).lag == 1s);
}

TEST_CASE("Replica lag: a target without replicas is never waited for, and asked once a second",
          "[jobs][server]") {
  const Bed bed;
  int opened = 0;
  ReplicaLag lag(sessions_of("leat", &opened));
  CHECK_FALSE(lag.poll(zero_hour, 1ms, {}).pause);
  CHECK(opened == 1);
  bed.kill_session("dst");
  // Not asked: the session is lost, and nobody notices yet.
  CHECK_FALSE(lag.poll(zero_hour + 999ms, 1ms, {}).pause);
  CHECK_FALSE(lag.poll(zero_hour + 1s, 1ms, {}).pause);
  CHECK(opened == 1);
  CHECK_FALSE(lag.poll(zero_hour + 2s, 1ms, {}).pause);
  CHECK(opened == 2);
}

TEST_CASE("Replica lag: without a limit no session is opened", "[jobs][server]") {
  const Bed bed;
  int opened = 0;
  ReplicaLag lag(sessions_of("leat", &opened));
  CHECK_FALSE(lag.poll(zero_hour, 0ms, {}).pause);
  CHECK(opened == 0);
  CHECK_FALSE(lag.poll(zero_hour + 1ms, 1s, {}).pause);
  CHECK(opened == 1);
}

TEST_CASE("Replica lag: a role that may not see replicas is told what to grant", "[jobs][server]") {
  const Bed bed;
  bed.dst("DROP ROLE IF EXISTS \"lag Role\"");
  bed.dst("CREATE ROLE \"lag Role\" LOGIN");
  ReplicaLag lag(sessions_of("lag Role"));
  CHECK_FALSE(lag.poll(zero_hour, 1s, {}).pause);  // there is none to be seen
  const Follower follower;
  bed.wait_for("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'follower'", "1");
  try {
    lag.poll(zero_hour + 5s, 1s, {});
    FAIL("nothing was said");
  } catch (const leat::Error& error) {
    leat::test::check_error(error, ErrorKind::config, "42501");
    CHECK(std::string(error.what()).find("\"lag Role\"") != std::string::npos);
    CHECK(error.hint().find("pg_monitor") != std::string_view::npos);
  }
  bed.dst("GRANT pg_read_all_stats TO \"lag Role\"");
  // What does not replay is not waited for.
  CHECK_FALSE(lag.poll(zero_hour + 10s, 1s, {}).pause);
  bed.dst("DROP ROLE \"lag Role\"");
}
