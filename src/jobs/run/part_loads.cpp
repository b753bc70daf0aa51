#include "jobs/run/part_loads.hpp"

#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// After `committed` of `all` writers; the next one has failed.
PartlyCommitted partly_committed(const Error& error, std::size_t committed, std::size_t all,
                                 std::uint64_t rows, const std::string& instead) {
  return {error.with_work({.rows_committed = rows})
              .with_message(std::string(error.what()) + "; " + std::to_string(committed) + " of " +
                            std::to_string(all) + " writers had committed their rows" +
                            (error.in_doubt() ? ", one may have" : "") + ", the others had not")
              .with_further_hint(instead)};
}

}  // namespace

Error explain_wait(const Error& error, const std::string& instead) {
  if (error.sqlstate() != sqlstate::lock_not_available) return error;
  return error
      .with_message(std::string(error.what()) +
                    ": another writer of this load may have a row with the same unique value, or one that "
                    "changes the same row by a trigger")
      .with_further_hint(instead);
}

TableLoad& PartLoads::open(std::size_t number, const std::stop_token& stop) {
  Part part{.session = load_.target_session};
  if (number > 0) {
    part.session = connect(target_, ErrorKind::target, stream_, stop);
    part.session->begin(target_transaction, stop);
    if (load_.passes_text()) pass_text_as_it_is(*part.session, stop);
  }
  part.load = std::make_unique<TableLoad>(*part.session, load_.load->facts(),
                                          LoadSetup{.columns = load_.setup.columns,
                                                    .mode = WriteMode::append,
                                                    .pace = load_.setup.pace,
                                                    .beside = load_.setup.beside,
                                                    .is_part = true},
                                          stream_, load_.target_server);
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(part));
  return *parts_.back().load;
}

LoadCounts PartLoads::commit(std::vector<std::string>& notes, const std::stop_token& stop) {
  LoadCounts all;
  std::vector<std::uint64_t> inserted;
  std::uint64_t committed = 0;
  // Whatever a server still has to say comes before the first commit.
  for (const auto& part : parts_) {
    if (part.load->begun()) part.load->finish(stop);
  }
  for (const auto& part : parts_) {
    const LoadCounts counts = part.load->complete(stop);
    part.load->count_beside();
    inserted.push_back(counts.inserted);
    all.inserted += counts.inserted;
    all.suppressed += counts.suppressed;
  }
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    try {
      if (auto note = commit_or_ask(*parts_[i].session, load_.target_server.run, stop,
                                    parts_[i].load->transaction())) {
        notes.push_back(std::move(*note));
      }
      committed += inserted[i];
    } catch (const Stopped&) {
      if (i == 0) throw;
      throw partly_committed({ErrorKind::cancelled, "the job was stopped"}, i, parts_.size(), committed,
                             instead_);
    } catch (const Error& error) {
      if (i == 0 && (!error.in_doubt() || parts_.size() == 1)) throw;
      throw partly_committed(error, i, parts_.size(), committed, instead_);
    }
  }
  return all;
}

void PartLoads::abandon() noexcept {
  for (auto& part : parts_) {
    part.load.reset();
    part.session->rollback();
  }
}

}  // namespace leat::jobs_detail
