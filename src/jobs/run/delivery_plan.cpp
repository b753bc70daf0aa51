#include "jobs/run/delivery_plan.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "jobs/options/refuse_if.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/run/row_move.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

bool name_job(CopyTableOptions& options) {
  Delivery& delivery = options.delivery;
  if (!delivery.job.empty()) return false;
  const bool retries = delivery.retries.value_or(0) > 0;
  const StreamOptions& stream = options.stream;
  const bool is_one_commit = options.mode != WriteMode::append || stream.verify || stream.before_commit ||
                             stream.expect || stream.max_rejects > 0 || stream.indexes == Indexes::rebuild ||
                             options.incremental;
  if (!retries && (options.writers < 2 || !is_one_commit)) return false;
  // Nobody can go on with it, and it is to leave all rows or none.
  delivery.on_lost_snapshot = OnLostSnapshot::redo;
  std::random_device random;
  delivery.job = "unnamed " + text_hash(job_holder() + std::to_string(random()) + std::to_string(random()));
  delivery.retries = delivery.retries.value_or(0);
  return true;
}

void choose_workers(CopyTableOptions& options) {
  // Without a ledger one session is one transaction, and reads a table in its order.
  const std::size_t most =
      has_ledger(options) ? std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8) : 1;
  if (options.readers == 0) {
    options.readers = most;
    options.may_rest.readers = true;
  }
  if (options.writers == 0) {
    options.writers = most;
    options.may_rest.writers = true;
  }
  if (!has_ledger(options)) options.may_rest = {};
}

std::vector<std::string> delivery_remarks(const CopyTableOptions& options) {
  if (!is_parallel(options)) return {};
  const std::string writers = std::to_string(options.writers);
  if (!has_ledger(options)) {
    return {writers +
            " sessions write, each in one transaction; they commit one after the other when all rows "
            "are there"};
  }
  const std::string job = "job " + options.delivery.job + ": ";
  std::vector<std::string> remarks;
  if (options.may_rest.readers || options.may_rest.writers) {
    remarks.push_back(job + "up to " + std::to_string(options.readers) + " sessions read and up to " +
                      writers + " write, as many as keep up with each other");
  }
  if (!is_published(options)) {
    remarks.push_back(job +
                      "slices go straight into the table, each committed once, together with its row in "
                      "leat_meta.job_ledger; readers of the table see them come");
  } else {
    remarks.push_back(
        job +
        "slices are collected in a table of the schema leat_meta, each committed once, and published in "
        "one transaction when all are there; that writes the rows twice, and takes room for them twice");
  }
  return remarks;
}

void check_delivery(PreparedLoad& stream, const CopyTableOptions& options, const std::stop_token& stop) {
  auto& findings = stream.plan.findings;
  // With a ledger the first session of each side does not take part.
  const std::size_t first = has_ledger(options) ? 0 : 1;
  if (stream.source_session) {
    const std::size_t slices = stream.slices ? stream.slices->slices.size() : 1;
    // Of one of many tables it was not decided how many there are: one.
    const std::size_t readers = std::max(std::min(options.readers, slices), first);
    check_connections(*stream.source_session, readers - first, works_with_fewer, findings, stop);
  }
  if (!is_parallel(options) || !stream.load) return;
  const std::size_t keeper = has_ledger(options) ? 1 : 0;
  check_connections(*stream.target_session, options.writers - first + keeper,
                    has_ledger(options)
                        ? "writers that get none try again, until their slices have no tries left"
                        : "a writer that gets none fails the job",
                    findings, stop);
  if (!has_ledger(options)) return;
  const auto source = job_source(options.source, stream.source_session.get(), stream.source_server);
  check_ledger(stream, is_published(options), options.delivery.restart, job_request(options, source), stop);
}

void check_ledger(PreparedLoad& stream, bool has_staging, bool restarts, const JobRequest& request,
                  const std::stop_token& stop) {
  auto& findings = stream.plan.findings;
  try {
    Ledger ledger(*stream.target_session);
    ledger.check(stream.load->table().oid, has_staging, stop);
    if (restarts) return;
    ledger.check_command(request, stop);
  } catch (const Error& error) {
    if (!stream.target_session->is_open() || error.kind() == ErrorKind::cancelled) throw;
    findings.push_back(to_finding(error.kind() == ErrorKind::config ? "job_taken" : "ledger", error));
  }
}

namespace {

void validate_workers(std::size_t count, const char* name) {
  constexpr std::size_t most_workers = 64;
  if (count >= 1 && count <= most_workers) return;
  throw Error(ErrorKind::config,
              std::string(name) + " must lie between 1 and " + std::to_string(most_workers));
}

BatchHolders holders_of(const CopyTableOptions& options) {
  return holders_of(workers_of(options), options.transform,
                    has_ledger(options) ? UnitCommit::each_alone : UnitCommit::together);
}

}  // namespace

ByteCount collected_by_writer(const CopyTableOptions& options) {
  return collected_by_writer(options.stream, holders_of(options));
}

void validate_delivery(CopyTableOptions& options) {
  validate_workers(options.readers, "readers");
  validate_workers(options.writers, "writers");
  validate_workers(options.transform_workers, "transform_workers");
  constexpr std::chrono::milliseconds least_lease{2000};  // it is looked at twice a second
  refuse_if(has_ledger(options) && options.delivery.lease < least_lease, "lease must be at least 2 s");
  if (options.readers * options.writers * options.transform_workers > 1 || has_ledger(options) ||
      options.transform.shaping() != nullptr) {
    fit_batches(options.stream, holders_of(options));
  }
  validate_memory(options.stream, holders_of(options));
}

std::vector<Finding> conflicts_of(const CopyTableOptions& options) {
  std::vector<Finding> findings;
  const auto add = [&findings](const std::string& what, const char* why, const char* hint) {
    findings.push_back(
        {.code = "options_conflict", .message = what + " does not go together with " + why, .hint = hint});
  };
  if (options.table.large_objects == LargeObjectMode::copied) {
    // Each object is made before its row, and would stay if the row did not, or not yet.
    const std::string what = "large_objects";
    if (is_parallel(options)) {
      add(what, "several transactions, one for each slice or writer",
          "load with one writer and without a job's name");
    }
    if (options.mode != WriteMode::replace && options.mode != WriteMode::append) {
      add(what, "a mode that may leave rows out", "load with WriteMode::replace or append");
    }
    if (options.transform) add(what, "a row hook, which may leave rows out", "leave one of them out");
    if (options.stream.max_rejects > 0) {
      add(what, "max_rejects, which leaves rows out", "leave one of them out");
    }
    if (options.stream.into_view) add(what, "into_view", "load the table behind the view");
  }
  if (!is_parallel(options)) return findings;
  const char* const several = "several transactions, one for each slice or writer";
  if (options.stream.into_view) {
    add("into_view", several, "load with one writer and without a job's name, or load the view's table");
  }
  if (options.stream.before_load) {
    add("before_load", several, "load with one writer and without a job's name, or run that SQL before");
  }
  if (is_published(options)) return findings;
  // Each slice is committed before the last one is there.
  const char* const published =
      "let slices be published at once (OnLostSnapshot::redo), or load in another mode";
  if (options.stream.verify) add("verify", several, "compare the tables afterwards: leat verify");
  if (options.stream.indexes == Indexes::rebuild) add("indexes = rebuild", several, published);
  if (options.stream.before_commit) add("before_commit", several, published);
  if (options.stream.expect) add("expect", several, published);
  return findings;
}

}  // namespace leat::jobs_detail
