#include "jobs/run/direct_loads.hpp"

#include <string>
#include <utility>

#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// Two transactions that insert the same value of a unique index wait for each other's commits, which come
/// only when both have all of their rows.
Error explain_wait(const Error& error) {
  if (error.sqlstate() != sqlstate::lock_not_available) return error;
  return {
      error.kind(),
      std::string(error.what()) + ": another writer of this job may have a row with the same unique value",
      {.sqlstate = std::string(error.sqlstate()),
       .detail = std::string(error.detail()),
       .hint = "load with one writer, which tells the row",
       .context = std::string(error.context()),
       .where = std::string(error.where())}};
}

/// After `committed` of `all` writers; the next one has failed.
PartlyCommitted partly_committed(const Error& error, std::size_t committed, std::size_t all) {
  const std::string doubt = error.in_doubt() ? std::string(error.hint()) + "; " : "";
  return {
      {error.kind(),
       std::string(error.what()) + "; " + std::to_string(committed) + " of " + std::to_string(all) +
           " writers had committed their rows" + (error.in_doubt() ? ", one may have" : "") +
           ", the others had not",
       {.sqlstate = std::string(error.sqlstate()),
        .detail = std::string(error.detail()),
        .hint = doubt + "with a job's name (--job) a load goes on where it ended; with one writer it is one "
                        "transaction",
        .context = std::string(error.context()),
        .in_doubt = error.in_doubt()}}};
}

}  // namespace

class DirectLoads::Writer final : public SliceWriter {
 public:
  Writer(const SliceWriting& writing, Load& load) : writing_(writing), load_(load) {}

  bool write(SliceChannel& channel, const std::stop_token& stop) override {
    try {
      write_channel(writing_, channel, *load_.load, stop);
      return true;
    } catch (const Error& error) {
      throw explain_wait(error);
    }
  }
  void check(const std::stop_token& stop) override { load_.load->check(stop); }

 private:
  const SliceWriting& writing_;
  Load& load_;
};

std::unique_ptr<SliceWriter> DirectLoads::make_writer(const SliceWriting& writing, std::size_t number,
                                                      const std::stop_token& stop) {
  return std::make_unique<Writer>(writing, open(writing, number, stop));
}

DirectLoads::Load& DirectLoads::open(const SliceWriting& writing, std::size_t number,
                                     const std::stop_token& stop) {
  PreparedStream& stream = writing.stream;
  auto load = std::make_unique<Load>();
  load->session = stream.target_session;
  if (number > 0) {
    load->session = connect(writing.options.target, ErrorKind::target, writing.options.stream, stop);
    load->session->begin(target_transaction, stop);
    if (stream.passes_text()) pass_text_as_it_is(*load->session, stop);
  }
  load->load = std::make_unique<LoadTarget>(*load->session, stream.load->facts(),
                                            LoadSetup{.columns = stream.columns.targets,
                                                      .mode = WriteMode::append,
                                                      .pace = stream.setup.pace,
                                                      .is_part = true},
                                            writing.options.stream, stream.target_server);
  const std::lock_guard lock(mutex_);
  loads_.push_back(std::move(load));
  return *loads_.back();
}

LoadCounts DirectLoads::publish(PreparedStream& stream, const std::stop_token& stop) {
  LoadCounts all;
  all.deleted = 0;
  // Whatever a server still has to say comes before the first commit.
  for (const auto& load : loads_) {
    if (load->load->begun()) load->load->end_copy(stop);
  }
  for (const auto& load : loads_) {
    const LoadCounts counts = load->load->complete(stop);
    all.inserted += counts.inserted;
    all.suppressed += counts.suppressed;
  }
  commit_all(stop);
  stream.load->after_parts(stop);
  return all;
}

void DirectLoads::commit_all(const std::stop_token& stop) {
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    try {
      loads_[i]->load->commit(stop);
    } catch (const Stopped&) {
      if (i == 0) throw;
      throw partly_committed({ErrorKind::cancelled, "the job was stopped"}, i, loads_.size());
    } catch (const Error& error) {
      if (i == 0 && (!error.in_doubt() || loads_.size() == 1)) throw;
      throw partly_committed(error, i, loads_.size());
    }
  }
}

std::vector<std::string> DirectLoads::notes() const {
  std::vector<std::string> notes;
  for (const auto& load : loads_) {
    const auto& own = load->load->notes();
    notes.insert(notes.end(), own.begin(), own.end());
  }
  return notes;
}

}  // namespace leat::jobs_detail
