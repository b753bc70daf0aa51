// A user's pipeline over PostgreSQL sessions.
#include "bed.hpp"
#include "leat/pipeline/etl_pipeline.hpp"
#include "leat/postgres/session/connection.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Runs a statement in `fetch`, on a session of its own.
class Statements : public ETLPipeline<std::string, std::string, std::string> {
 public:
  explicit Statements(std::vector<std::string> statements, PipelineOptions options = {})
      : ETLPipeline(std::move(options)), statements_(std::move(statements)) {}
  ~Statements() override { shut_down(); }

  Refill<std::string> refill(std::size_t, const std::stop_token&) override {
    return statements_.empty() ? Refill<std::string>::done()
                               : Refill<std::string>::items(std::exchange(statements_, {}));
  }
  std::string fetch(WorkItem<std::string>& item, const std::stop_token& stop) override {
    auto session = Connection::open(ConnectionTarget::parse(Bed::server().uri("src")),
                                    {.side = ErrorKind::source, .application_name = application}, stop);
    const auto answer = session.execute(*item, {}, stop);
    return std::string(answer.text(0, 0));
  }
  std::string process(WorkItem<std::string>& item, const std::stop_token&) override {
    return std::move(*item);
  }
  void store(WorkItem<std::string>& item, const std::stop_token&) override { answers.push_back(*item); }

  std::vector<std::string> answers;

 private:
  std::vector<std::string> statements_;
};

PipelineOptions one_store() {
  return {.store = {.workers = 1}};
}

}  // namespace

TEST_CASE("pipeline: an abort interrupts a statement, and its session is gone", "[server]") {
  const Bed bed;
  Statements pipeline({"SELECT pg_sleep(600)"}, one_store());
  pipeline.start();
  bed.wait_until_session_waits("src", "PgSleep");
  pipeline.stop(leat::StopMode::abort);
  CHECK(pipeline.wait_for(promised(3s)));
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(pipeline.report().failed == 0);
}

TEST_CASE("pipeline: a statement's error is what run() throws, with its SQLSTATE", "[server]") {
  const Bed bed;
  Statements pipeline({"SELECT 1", "SELECT 1 / 0"}, one_store());
  try {
    pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    check_error(error, ErrorKind::source, "22012");
  }
}

TEST_CASE("pipeline: statements run at the same time", "[server]") {
  const Bed bed;
  std::vector<std::string> statements;
  for (int i = 0; i < 20; ++i) statements.push_back("SELECT " + std::to_string(i));
  Statements pipeline(statements, one_store());
  CHECK(pipeline.run().completed == 20);
  CHECK(pipeline.answers.size() == 20);
}
