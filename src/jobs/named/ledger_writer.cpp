#include "jobs/named/ledger_writer.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "jobs/load/merge_sql.hpp"
#include "jobs/prepare/slice_definition.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
namespace {

// For whoever has claimed the same slice: a transaction whose session is about to end, or one in doubt.
constexpr std::chrono::milliseconds longest_wait_for_slice{2000};

class LedgerWriter final : public SliceWriter {
 public:
  LedgerWriter(const SliceWriting& writing, LedgerWriting& shared) : writing_(writing), shared_(shared) {}

  bool write(SliceChannel& channel, const std::stop_token& stop) override {
    // What is resolved takes another session.
    const auto held = open(stop);
    Connection& session = *held;
    const auto number = static_cast<std::int64_t>(channel.number());
    if (begin_slice(session, shared_.lease, number, longest_wait_for_slice, stop) ==
        SliceBegin::already_done) {
      static_cast<void>(channel.leave());
      return false;
    }
    const PreparedStream& stream = writing_.stream;
    LoadSetup setup = shared_.load;
    std::vector<RejectedRow> rejected;  // for the callback
    const bool is_told = static_cast<bool>(writing_.options.stream.rejects.callback);
    if (setup.rejects) {
      setup.rejects->keep = [&, kept = std::int64_t{0}](const RejectedRow& row,
                                                        const std::stop_token& token) mutable {
        keep_reject(session, shared_.lease, number, ++kept, reject_fields(row), token);
        if (is_told) rejected.push_back(row);
      };
    }
    LoadTarget load(session, stream.load->facts(), std::move(setup), writing_.options.stream,
                    stream.target_server);
    try {
      const LoadCounts counts = copy(channel, session, load, stop);
      commit(channel, load, stop);
      shared_.inserted += counts.inserted;
      shared_.suppressed += counts.suppressed;
    } catch (...) {
      if (shared_.load.rejects) shared_.load.rejects->book->take_back(load.rows_rejected());
      // What is in doubt has closed it.
      session.rollback();
      throw;
    }
    if (!rejected.empty()) shared_.load.rejects->book->tell(rejected);
    return true;
  }

  void check(const std::stop_token& stop) override {
    if (!session_ || !session_->is_open()) return;
    try {
      static_cast<void>(session_->execute("SELECT", {}, stop));
    } catch (const Error& error) {
      // The next slice opens another one.
      if (session_->is_open()) throw;
    }
  }

 private:
  [[nodiscard]] std::shared_ptr<Connection> open(const std::stop_token& stop) {
    if (session_ && session_->is_open()) return session_;
    session_ = connect(writing_.options.target, ErrorKind::target, writing_.options.stream, stop);
    register_session(*session_, shared_.lease, stop);
    return session_;
  }

  LoadCounts copy(SliceChannel& channel, Connection& session, LoadTarget& load, const std::stop_token& stop) {
    const PreparedStream& stream = writing_.stream;
    if (stream.passes_text()) pass_text_as_it_is(session, stop);
    if (shared_.load.staging) {
      const std::array<Parameter, 2> order{slice_setting,
                                           std::to_string(reading_order(channel.slice(), channel.number()))};
      static_cast<void>(session.execute("SELECT pg_catalog.set_config($1, $2, true)", order, stop));
    }
    write_channel(writing_, channel, load, stop);
    LoadCounts counts;
    if (load.begun()) {
      load.end_copy(stop);
      counts = load.complete(stop);
    }
    const SliceTask& task = channel.task();
    end_slice(session, shared_.lease,
              {.number = static_cast<std::int64_t>(task.number),
               .definition = slice_definition(*stream.slices, task.slice)},
              static_cast<std::int64_t>(counts.inserted),
              static_cast<std::int64_t>(channel.counts().bytes_sent), stop);
    return counts;
  }

  void commit(SliceChannel& channel, LoadTarget& load, const std::stop_token& stop) {
    try {
      load.commit_with_ledger(stop);
    } catch (const Error& error) {
      if (!error.in_doubt()) throw;
      const auto number = static_cast<std::int64_t>(channel.number());
      if (was_committed(*open(stop), shared_.lease, number, writing_.options.stream.limits.lock_timeout,
                        stop))
        return;
      throw Error(error.kind(), error.what(), {.sqlstate = "08006"});
    }
  }

  const SliceWriting& writing_;
  LedgerWriting& shared_;
  std::shared_ptr<Connection> session_;
};

}  // namespace

std::unique_ptr<SliceWriter> make_ledger_writer(const SliceWriting& writing, LedgerWriting& shared) {
  return std::make_unique<LedgerWriter>(writing, shared);
}

}  // namespace leat::jobs_detail
