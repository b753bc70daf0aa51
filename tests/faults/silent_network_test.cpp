// A network that swallows everything: whoever waits ends by its own limits.
#include "target_behind_proxy.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("faults: a network that swallows everything", "[faults][network]") {
  const FaultBed bed;
  TargetBehindProxy proxied(bed, WriteMode::append);
  proxied.options.stream.limits.silence_timeout = 500ms;
  proxied.options.stream.limits.connect_timeout = 500ms;
  proxied.options.delivery.retries = 1;
  proxied.options.delivery.lease = 5s;
  RunningJob job(proxied.options);
  bed.wait_for_slices("network", 3, [&] { return job.has_ended(); });
  proxied.proxy.blackhole();
  const Error error = job.error();
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::target);
  proxied.proxy.restore();
  // What the silence hid is found out by the same job, later.
  bed.expire("network");
  proxied.options.delivery.retries = 20;
  proxied.options.stream.limits = {};
  static_cast<void>(CopyTable(proxied.options).run());
  bed.check_delivered("network");
}
