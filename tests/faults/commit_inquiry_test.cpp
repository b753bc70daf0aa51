// The target's server goes down after a COMMIT whose answer is lost, in a run without a ledger: only of the
// same run of the server is it believed what became of a transaction's number.
#include "fault_bed.hpp"
#include "support/fault_proxy.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("faults: a COMMIT whose answer is lost, and the target's server restarts", "[faults][restart]") {
  const FaultBed bed;
  const auto how = GENERATE(leat::test::StopMode::fast, leat::test::StopMode::immediate);
  FaultProxy proxy(FaultBed::target().port());
  auto options = bed.job("");
  options.table.map.clear();
  options.delivery = {};
  options.readers = 1;
  options.writers = 1;
  options.target =
      ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) + "/dst");
  options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    proxy.cut_at("COMMIT", CutAt::before_its_reply);
    proxy.refuse();
  };
  RunningJob job(options);
  REQUIRE(becomes_true(patience, [&] { return proxy.cuts() == 1; }));
  FaultBed::target().restart(how);
  proxy.restore();
  if (how == leat::test::StopMode::fast) {
    CHECK(job.report().rows_written == 60000);
  } else {
    const Error error = job.error();
    INFO(error.what());
    CHECK(error.in_doubt());
    CHECK(std::string(error.what()).find("crashed") != std::string::npos);
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
