#include "jobs/prepare/prepare_indexes.hpp"

#include <algorithm>
#include <utility>

#include "jobs/indexes/index_rebuild.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"

namespace leat::jobs_detail {
namespace {

/// A constraint that is dropped cannot be told to be checked with each batch. Where it refuses rows when it
/// is made again, the load ends.
void forget_dropped(PreparedLoad& stream) {
  RejectSetup* const rejects = stream.load->rejects();
  const auto dropped = stream.indexes->dropped_constraints();
  if (rejects == nullptr || rejects->check_at_once.empty() || dropped.empty()) return;
  const std::string sql = check_at_once_sql(*rejects);
  const std::string remark = check_at_once_remark(*rejects);
  forget_constraints(*rejects, dropped);
  if (stream.setup.rejects) forget_constraints(*stream.setup.rejects, dropped);
  auto& plan = stream.plan;
  if (rejects->check_at_once.empty()) {
    std::erase(plan.target_sql, sql);
    std::erase(plan.remarks, remark);
  } else {
    std::replace(plan.target_sql.begin(), plan.target_sql.end(), sql, check_at_once_sql(*rejects));
    std::replace(plan.remarks.begin(), plan.remarks.end(), remark, check_at_once_remark(*rejects));
  }
}

}  // namespace

void prepare_indexes(PreparedLoad& stream, const ResolvedConnection& target, const StreamOptions& options,
                     std::optional<ByteCount> incoming, const std::stop_token& stop) {
  if (!stream.load) return;
  const WriteMode mode = stream.setup.mode;
  const TableFacts& facts = stream.load->facts();
  // What a dropped index would refuse shows only when it is made again.
  const bool keeps_for_rejects = options.max_rejects > 0 && options.indexes == Indexes::automatic;
  IndexRebuildSetup setup{
      .choice = {.asked = is_staged(mode) || keeps_for_rejects ? Indexes::keep : options.indexes,
                 .old_rows = mode != WriteMode::replace ? OldRows::kept
                             : facts.empties_by_delete  ? OldRows::deleted
                                                        : OldRows::truncated,
                 .incoming = incoming},
      .keys_are_silent = options.triggers == Triggers::disable || stream.target_server.is_silent,
      .log = options.log,
      .open = [target, options](const std::stop_token& token) {
        return connect(target, ErrorKind::target, options, token);
      }};
  if (is_staged(mode) && options.indexes == Indexes::rebuild) {
    stream.plan.remarks.push_back(
        "indexes are kept: " + std::string(to_string(mode)) +
        " collects rows beside the table, and then changes no more of it than it must");
  }
  if (keeps_for_rejects) {
    stream.plan.remarks.push_back("indexes are kept, so that they refuse the rows that are to be rejected");
  }
  const auto& reader = stream.source_session;
  if (setup.choice.asked != Indexes::keep && reader && reader->in_transaction() && stream.is_one_database()) {
    setup.reader_pid = postgres_detail::process_of_transaction(*reader, stop);
  }
  stream.indexes = std::make_shared<IndexRebuild>(*stream.target_session, facts, std::move(setup), stop);
  forget_dropped(stream);
  stream.indexes->add_findings(stream.plan.findings);
  stream.indexes->add_statements(stream.plan.target_sql);
  append_all(stream.plan.remarks, stream.indexes->remarks());
}

}  // namespace leat::jobs_detail
