#include "rounds.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "leat/jobs/job_registry.hpp"

namespace leat::soak {

using namespace std::chrono_literals;

Tally& Tally::operator+=(const Tally& other) {
  rounds += other.rounds;
  copies += other.copies;
  failures += other.failures;
  rows += other.rows;
  injected += other.injected;
  resumed += other.resumed;
  return *this;
}

struct Rounds::Kind {
  std::string_view name;
  Tally (Rounds::*run)();
};

const std::vector<Rounds::Kind>& Rounds::all() {
  static const std::vector<Kind> kinds{
      {"job: append, straight", &Rounds::straight_job},
      {"job: replace, published", &Rounds::published_job},
      {"plain", &Rounds::plain},
      {"plain: 2 readers, 2 writers", &Rounds::plain_parallel},
      {"retries without a name", &Rounds::unnamed_job},
      {"by key", &Rounds::by_key},
      {"job: upsert", &Rounds::upsert_job},
      {"20 small tables", &Rounds::tables},
      {"query", &Rounds::query},
      {"rejected rows", &Rounds::rejects},
      {"wide rows", &Rounds::wide_rows},
      {"row hook", &Rounds::row_hook},
      {"target that is made", &Rounds::made_target},
      {"too many rejected rows", &Rounds::too_many_rejects},
      {"row hook that throws", &Rounds::throwing_hook},
      {"plain, stopped", &Rounds::stopped},
      {"job, stopped", &Rounds::stopped_job},
      {"job, sessions of the source ended", &Rounds::ended_job_source},
      {"job, sessions of the target ended", &Rounds::ended_job_target},
      {"plain, session of the source ended", &Rounds::ended_plain_source},
      {"plain, session of the target ended", &Rounds::ended_plain_target},
      {"server that is not there", &Rounds::unreachable},
  };
  return kinds;
}

std::size_t Rounds::kinds() {
  return all().size();
}

Rounds::Rounds(Servers& servers, std::uint64_t seed, std::string directory)
    : servers_(servers), directory_(std::move(directory)), random_(seed) {}

std::string_view Rounds::next() {
  if (deck_.empty()) {
    deck_.resize(all().size());
    std::iota(deck_.begin(), deck_.end(), 0);
    std::shuffle(deck_.begin(), deck_.end(), random_);
  }
  return all()[deck_.back()].name;
}

Tally Rounds::run() {
  static_cast<void>(next());
  const Kind& kind = all()[deck_.back()];
  deck_.pop_back();
  ++number_;
  Tally tally = (this->*kind.run)();
  tally.rounds = 1;
  return tally;
}

std::size_t Rounds::one_of(std::size_t count) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
}

CopyTableOptions Rounds::copy(const std::string& table) {
  CopyTableOptions options{.source = servers_.connection(Side::source),
                           .target = servers_.connection(Side::target),
                           .table = {.from = table},
                           .stream = {.application_name = application}};
  if (maybe()) options.source.target.set("host", "127.0.0.1");
  if (maybe()) options.target.target.set("host", "127.0.0.1");
  return options;
}

CopyTableOptions Rounds::job(const std::string& table) {
  auto options = copy(table);
  options.delivery = {.job = "soak " + std::to_string(number_), .retries = 20};
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = 1_MiB;
  return options;
}

CopyTableOptions Rounds::slow_job() {
  auto options = job("public.events");
  options.table.map = {{"v", "public.slow(v, id)"}};
  if (maybe()) {
    options.mode = WriteMode::append;
    options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  }
  return options;
}

void Rounds::wait_for_sessions() {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (servers_.sessions(Side::source) + servers_.sessions(Side::target) != 0) {
    if (std::chrono::steady_clock::now() > limit) throw Broken("sessions of the load do not end");
    ::poll(nullptr, 0, 2);
  }
}

void Rounds::put_old_rows() {
  servers_.dst("TRUNCATE public.events");
  servers_.dst(
      "INSERT INTO public.events (id, v, n) SELECT i * 3, 'old', 0 FROM pg_catalog.generate_series(1, 10000) "
      "i");
}

Tally Rounds::run_or_fail(const CopyTableOptions& options, ErrorKind kind, std::stop_token stop,
                          std::optional<Sabotage> sabotage) {
  const std::string before = servers_.content("public.events");
  std::optional<Saboteur> saboteur;
  if (sabotage) saboteur.emplace(servers_, *sabotage, random_());
  Tally tally;
  std::optional<Error> error;
  try {
    tally.rows = CopyTable(options).run(std::move(stop)).rows_written;
    tally.copies = 1;
  } catch (const Error& failure) {
    error = failure;
    tally.failures = 1;
  }
  if (saboteur) tally.injected = static_cast<std::uint64_t>(saboteur->finish());
  wait_for_sessions();
  if (!error) {
    servers_.require_same("public.events", "public.events");
    return tally;
  }
  // Whoever is ended is told so, or finds the connection gone.
  const std::string_view state = error->sqlstate();
  if (error->kind() != kind) throw Error(*error);
  if (kind != ErrorKind::cancelled && state != "57P01" && state.substr(0, 2) != "08") throw Error(*error);
  const std::string after = servers_.content("public.events");
  if (after == before) return tally;
  if (!error->in_doubt()) throw Broken("a load that failed has left " + after + " instead of " + before);
  servers_.require_same("public.events", "public.events");
  return tally;
}

Tally Rounds::deliver(const CopyTableOptions& options) {
  const JobReport report = CopyTable(options).run();
  servers_.require_same("public.events", "public.events");
  if (!options.delivery.job.empty()) forget(options);
  return {.copies = 1, .rows = report.rows_written};
}

void Rounds::forget(const CopyTableOptions& options) {
  const JobRegistry registry({.target = options.target, .application_name = application});
  static_cast<void>(registry.forget(options.delivery.job));
}

void Rounds::forget_if_known(const CopyTableOptions& options) {
  const JobRegistry registry({.target = options.target, .application_name = application});
  for (const JobRecord& job : registry.list()) {
    if (job.name == options.delivery.job) static_cast<void>(registry.forget(job.name));
  }
}

}  // namespace leat::soak
