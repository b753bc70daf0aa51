#include "jobs/sink/sink_run.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/survey/commit_inquiry.hpp"

namespace leat::jobs_detail {
namespace {

/// A transaction for what a writer writes between two flushes.
class TransactionOfItems final : public SinkRun {
 public:
  TransactionOfItems(PreparedLoad load, const TableSinkOptions& options, const std::stop_token& stop)
      : SinkRun(std::move(load)),
        scope_(load_, options.stream),
        options_(options),
        part_options_(options.stream) {
    log_start(load_, options.stream);
    scope_.mark({LoadStep::rows, LoadStep::publish, LoadStep::count, LoadStep::verify, LoadStep::indexes,
                 LoadStep::hook, LoadStep::commit});
    scope_.create(stop);
    scope_.restore(stop);
    // That is done at the end, and not for each transaction.
    part_options_.advance_sequences = false;
    setup_ = {.columns = load_.setup.columns,
              .mode = load_.setup.mode,
              .key = load_.setup.key,
              .pace = load_.setup.pace,
              .is_one_of_many = true};
    setup_.is_part = setup_.mode == WriteMode::append && load_.load->table().kind != RelationKind::view;
    free_session_ = load_.target_session;
  }

  void write(std::size_t writer, const RowBatch& rows, const std::stop_token& stop) override {
    Part& part = part_of(writer);
    undone_unless_done(part, [&] {
      if (!part.load) begin(part, stop);
      part.load->write(rows, stop);
      part.rows += rows.size();
      part.bytes += rows.bytes();
    });
  }

  void flush(std::size_t writer, const std::stop_token& stop) override {
    Part& part = part_of(writer);
    if (!part.load) return;
    LoadCounts counts;
    std::optional<std::string> note;
    undone_unless_done(part, [&] {
      part.load->finish(stop);
      if (part.load->publication() != nullptr) part.load->publish(stop);
      counts = part.load->complete(stop);
      note = commit_or_ask(*part.session, load_.target_server.run, stop, part.load->transaction());
    });
    part.load.reset();
    const std::lock_guard lock(mutex_);
    add(counts);
    count(part.rows, part.bytes);
    if (note) notes_.push_back(std::move(*note));
  }

  void leave(std::size_t writer, bool is_done, const std::stop_token& stop) override {
    if (is_done) return flush(writer, stop);
    undo(part_of(writer));
  }

  void commit(const std::stop_token& stop) override {
    if (!load_.target_session->is_open()) {
      *load_.target_session = std::move(*connect(options_.target, ErrorKind::target, options_.stream, stop));
    }
    scope_.finish_parts(stop);
    scope_.require_all_done();
  }

  [[nodiscard]] std::string abandon(const std::stop_token& /*stop*/) noexcept override {
    for (auto& [number, part] : parts_) undo(part);
    return {};
  }

  [[nodiscard]] JobReport report() const override {
    const std::lock_guard lock(mutex_);
    JobReport report = scope_.report(counters(), counts_);
    append_all(report.remarks, notes_);
    return report;
  }

 private:
  struct Part {
    std::shared_ptr<Connection> session{};
    std::unique_ptr<TableLoad> load{};
    std::uint64_t rows = 0;  // of the transaction that is open
    std::uint64_t bytes = 0;
  };

  Part& part_of(std::size_t writer) {
    const std::lock_guard lock(mutex_);
    return parts_[writer];  // which does not move
  }

  void begin(Part& part, const std::stop_token& stop) {
    if (!part.session) {
      const std::lock_guard lock(mutex_);
      part.session = std::exchange(free_session_, nullptr);
    }
    if (!part.session || !part.session->is_open()) {
      part.session = connect(options_.target, ErrorKind::target, options_.stream, stop);
    }
    part.session->begin_with_next(target_transaction, stop);
    part.rows = 0;
    part.bytes = 0;
    part.load = std::make_unique<TableLoad>(*part.session, load_.load->facts(), setup_, part_options_,
                                            load_.target_server);
    part.load->begin(load_.schema->format(), stop);
  }

  template <class Body>
  void undone_unless_done(Part& part, const Body& body) {
    try {
      body();
    } catch (...) {
      undo(part);
      throw;
    }
  }
  static void undo(Part& part) noexcept {
    part.load.reset();
    if (part.session && part.session->is_open()) part.session->rollback();
  }

  void add(const LoadCounts& counts) {
    counts_.inserted += counts.inserted;
    counts_.updated += counts.updated;
    counts_.unchanged += counts.unchanged;
    counts_.superseded += counts.superseded;
    counts_.suppressed += counts.suppressed;
    if (counts.deleted && counts_.deleted) *counts_.deleted += *counts.deleted;
  }

  LoadScope scope_;
  const TableSinkOptions& options_;
  StreamOptions part_options_;
  LoadSetup setup_;
  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::shared_ptr<Connection> free_session_;
  std::map<std::size_t, Part> parts_;  // each used by its writer
  LoadCounts counts_;
  std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<SinkRun> transaction_of_items(PreparedLoad load, const TableSinkOptions& options,
                                              const std::stop_token& stop) {
  return std::make_unique<TransactionOfItems>(std::move(load), options, stop);
}

}  // namespace leat::jobs_detail
