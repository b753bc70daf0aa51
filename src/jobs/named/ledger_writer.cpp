#include "jobs/named/ledger_writer.hpp"

#include <array>
#include <string>
#include <vector>

#include "jobs/load/merge_sql.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
namespace {

// For whoever has claimed the same slice: a transaction whose session is about to end, or one in doubt.
constexpr std::chrono::milliseconds longest_wait_for_slice{2000};

class LedgerWriter final : public UnitWriter {
 public:
  LedgerWriter(const LedgerWriting& shared, RowMove& move) : shared_(shared), move_(move) {}

  bool write(UnitChannel& channel, const std::stop_token& stop) override {
    // What is resolved takes another session.
    const auto held = open(stop);
    Connection& session = *held;
    const std::int64_t number = channel.unit().number;
    if (begin_slice(session, shared_.lease, number, longest_wait_for_slice, stop) ==
        SliceBegin::already_done) {
      static_cast<void>(channel.leave());
      return false;
    }
    LoadSetup setup = shared_.part;
    std::vector<RejectedRow> rejected;  // for the callback
    const bool is_told = static_cast<bool>(shared_.options.stream.rejects.callback);
    if (setup.rejects) {
      setup.rejects->keep = [&, kept = std::int64_t{0}](const RejectedRow& row,
                                                        const std::stop_token& token) mutable {
        keep_reject(session, shared_.lease, number, ++kept, reject_fields(row), token);
        if (is_told) rejected.push_back(row);
      };
    }
    TableLoad part(session, shared_.load.load->facts(), std::move(setup), shared_.options.stream,
                   shared_.load.target_server);
    try {
      const LoadCounts counts = copy(channel, session, part, stop);
      commit(number, session, stop);
      part.count_beside();
      shared_.suppressed += counts.suppressed;
    } catch (...) {
      if (shared_.part.rejects) shared_.part.rejects->book->take_back(part.rows_rejected());
      // What is in doubt has closed it.
      session.rollback();
      throw;
    }
    if (!rejected.empty()) shared_.part.rejects->book->tell(rejected);
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
    session_ = connect(shared_.options.target, ErrorKind::target, shared_.options.stream, stop);
    register_session(*session_, shared_.lease, stop);
    return session_;
  }

  LoadCounts copy(UnitChannel& channel, Connection& session, TableLoad& part, const std::stop_token& stop) {
    const PreparedLoad& load = shared_.load;
    if (load.passes_text()) pass_text_as_it_is(session, stop);
    if (shared_.part.staging) {
      const std::array<Parameter, 2> order{slice_setting,
                                           std::to_string(shared_.source.order_of(channel.unit()))};
      static_cast<void>(session.execute("SELECT pg_catalog.set_config($1, $2, true)", order, stop));
    }
    move_.pump(
        channel, part, [&](const std::stop_token& token) { part.begin(load.schema->format(), token); }, stop);
    LoadCounts counts;
    if (part.begun()) {
      part.finish(stop);
      counts = part.complete(stop);
    }
    const Unit unit = channel.unit();
    end_slice(session, shared_.lease,
              {.number = unit.number,
               .definition = unit.definition,
               .rows = static_cast<std::int64_t>(counts.inserted),
               .bytes = static_cast<std::int64_t>(channel.counts().bytes_sent)},
              stop);
    return counts;
  }

  void commit(std::int64_t number, Connection& session, const std::stop_token& stop) {
    // Rejected rows that only the file has are on disk before the others are committed.
    if (shared_.part.rejects) shared_.part.rejects->book->sync();
    try {
      session.commit(stop);
    } catch (const Error& error) {
      if (!error.in_doubt()) throw;
      const auto limit = session.options().lock_timeout.value();
      if (was_committed(*open(stop), shared_.lease, number, limit, stop)) return;
      throw not_committed(error);
    }
  }

  const LedgerWriting& shared_;
  RowMove& move_;
  std::shared_ptr<Connection> session_;
};

}  // namespace

std::unique_ptr<UnitWriter> make_ledger_writer(const LedgerWriting& shared, RowMove& move) {
  return std::make_unique<LedgerWriter>(shared, move);
}

}  // namespace leat::jobs_detail
