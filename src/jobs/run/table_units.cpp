#include "jobs/run/table_units.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/slice_cut.hpp"
#include "jobs/prepare/slice_definition.hpp"
#include "jobs/prepare/slice_scale.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/first_cause.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "leat/postgres/session/detail/session_keeper.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// The sessions that read a table's slices.
using SnapshotSessions = postgres_detail::SessionKeeper<std::shared_ptr<Connection>>;

std::shared_ptr<Connection> open_in_snapshot(const PreparedLoad& stream, const CopyTableOptions& options,
                                             const std::stop_token& stop) {
  auto session = connect(options.source, ErrorKind::source, options.stream, stop);
  session->begin(source_transaction, stop);
  take_snapshot(*session, stream.slices->snapshot, stop);
  // The first session's lock lets nobody through who waits for a stronger one, so waiting long is in vain.
  postgres_detail::LocalSetting wait(*session, "lock_timeout", "1s", stop);
  hold_table(*session, stream.slices->table, stop);
  wait.restore(stop);  // what is read may wait for locks of its own
  if (stream.reads_bytes()) pass_text_as_it_is(*session, stop);
  const auto& sql = stream.plan.source_sql;
  if (std::find(sql.begin(), sql.end(), postgres_detail::qualify_sql) != sql.end()) {
    static_cast<void>(session->execute(postgres_detail::qualify_sql, {}, stop));
  }
  return session;
}

/// Sessions that see what the job's first session sees (`stream.slices->snapshot`), and keep the table where
/// it is. If no more can be had (the server is full, or somebody waits for a lock on the table), readers
/// share those that there are. A session whose transaction has ended is not lent again. All that is given
/// outlives them.
SnapshotSessions snapshot_sessions(const PreparedLoad& stream, const CopyTableOptions& options) {
  return SnapshotSessions(
      {.open = [&](const std::stop_token& stop) { return open_in_snapshot(stream, options, stop); },
       .is_fit =
           [](const std::shared_ptr<Connection>& session) {
             return session->is_open() && session->in_transaction() && !session->has_failed();
           },
       .refusals = {sqlstate::too_many_connections, sqlstate::lock_not_available},
       .on_refusal =
           [&](const Error& error) {
             options.stream.log.warning(std::string("the table is read by fewer sessions: ") + error.what());
           }});
}

// See take_snapshot().
constexpr const char* state_of_lost_snapshot = "08003";

// What is read by one statement. It costs a millisecond, and is the finest that a slice can be cut.
constexpr double portion_bytes = 8 << 20;
// Less is not worth a slice of its own.
constexpr double least_rest_bytes = 1 << 20;
constexpr ByteCount heaviest_portion{static_cast<std::uint64_t>(portion_bytes)};

/// Where the rows of a slice end, as far as is known. The last slice of a table has no end, but hardly any
/// row there.
RowPlace known_end(const TablePart& part, const Slice& slice) {
  return slice.end ? *slice.end : std::max(part.pages * part.rows_per_page, slice.begin + 1);
}

/// How much to read first of a unit's rows, unless whoever cut it off another one has found that.
RowPlace first_step(const TablePart& part, const Unit& unit) {
  RowPlace known = 0;
  std::from_chars(unit.hint.data(), unit.hint.data() + unit.hint.size(), known);
  if (known > 0) return known;
  const double places = std::max(1.0, static_cast<double>(part.pages * part.rows_per_page));
  const double bytes_per_place = std::max(1e-3, static_cast<double>(part.bytes.count()) / places);
  return std::max(part.rows_per_page, static_cast<RowPlace>(portion_bytes / bytes_per_place));
}

/// Where the rest of a slice is cut whose rows are about alike; nullopt where that is not worth it.
std::optional<RowPlace> middle_of(const Slice& rest, double bytes_per_place) {
  const RowPlace places = *rest.end - rest.begin;
  if (static_cast<double>(places) * bytes_per_place < least_rest_bytes) return std::nullopt;
  return rest.begin + places / 2;
}

/// The same where only the server knows.
std::optional<RowPlace> middle_of(const Slice& rest, const SliceScale& scale) {
  const ByteCount weight = scale.weigh(rest);
  if (static_cast<double>(weight.count()) < least_rest_bytes) return std::nullopt;
  const RowPlace middle = scale.middle(rest, weight);
  return middle < *rest.end ? std::optional(middle) : std::nullopt;
}

/// Reads slices of a table as units: in portions, so that one which takes longer than thought can be cut when
/// others have nothing left to do. Used by one thread.
class TableReader final : public UnitReader {
 public:
  /// All outlive it.
  TableReader(const SlicedTable& table, std::shared_ptr<const Schema> schema, SnapshotSessions& sessions,
              FirstCause& cause)
      : table_(table), schema_(std::move(schema)), sessions_(sessions), cause_(cause) {}

  void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
            const std::stop_token& stop) override {
    try {
      auto session = sessions_.lend(stop);
      try {
        read_on(**session, unit, options, feed, stop);
      } catch (const Error& error) {
        // Before the end of this session makes others fail.
        const Error first = cause_.of(error);
        (*session)->abort();
        throw Error(first);
      } catch (...) {
        // Its transaction has failed, which the session does not always know; the next unit takes another
        // one.
        (*session)->abort();
        throw;
      }
    } catch (const Error& error) {
      throw error.sqlstate() == state_of_lost_snapshot ? cause_.of_lost_snapshot(error, stop)
                                                       : cause_.of(error);
    }
  }
  [[nodiscard]] std::string name_of(const Unit& unit) const override {
    return table_.display(parse_slice(table_, unit.definition));
  }

 private:
  void read_on(Connection& session, const Unit& unit, const ReadOptions& options, UnitFeed& feed,
               const std::stop_token& stop) {
    Slice whole = parse_slice(table_, unit.definition);
    const TablePart& part = table_.parts[whole.part];
    if (part.rows_per_page == 0 || whole.keys) {
      copy(whole, session, options, feed, stop);
      return;
    }
    const SliceScale scale(table_, session, stop);
    RowPlace end = known_end(part, whole);
    RowPlace step = first_step(part, unit);
    Slice portion = whole;
    while (true) {
      portion.end = std::min(end, portion.begin + step);
      // What was read before does not tell how much comes next where that lies out of line.
      if (!part.row_bytes.empty()) portion = scale.lighten(portion, heaviest_portion);
      const bool is_last = *portion.end == end;
      const RowPlace read = *portion.end - portion.begin;
      if (is_last) portion.end = whole.end;
      const double bytes = std::max(1.0, static_cast<double>(copy(portion, session, options, feed, stop)));
      if (is_last) return;
      portion.begin = *portion.end;
      const double bytes_per_place = bytes / static_cast<double>(read);
      const double most = 4.0 * static_cast<double>(read);
      step = std::max<RowPlace>(1, static_cast<RowPlace>(std::min(most, portion_bytes / bytes_per_place)));
      if (end - portion.begin < 2 || !feed.is_hungry()) continue;
      Slice rest = whole;
      rest.begin = portion.begin;
      rest.end = end;
      const auto middle = part.row_bytes.empty() ? middle_of(rest, bytes_per_place) : middle_of(rest, scale);
      if (!middle) continue;
      // What comes after that is given away, with how much of it to read first, unless it is too late.
      Slice head = whole;
      head.end = middle;
      rest.begin = *middle;
      rest.end = whole.end;
      if (feed.split(slice_definition(table_, head), slice_definition(table_, rest), std::to_string(step),
                     stop)) {
        whole = head;
        end = *middle;
      }
    }
  }

  /// Rows of a part of the slice. Returns their bytes.
  std::uint64_t copy(const Slice& slice, Connection& session, const ReadOptions& options, UnitFeed& feed,
                     const std::stop_token& stop) {
    const auto source = copy_source(session, table_.sql(slice, schema_->format()), schema_);
    source->open(options, stop);
    std::uint64_t bytes = 0;
    while (auto batch = source->read(stop)) {
      bytes += batch->bytes();
      feed.write(std::move(*batch), stop);
    }
    return bytes;
  }

  const SlicedTable& table_;
  const std::shared_ptr<const Schema> schema_;
  SnapshotSessions& sessions_;
  FirstCause& cause_;
};

/// The slices of a table.
class TableUnits final : public UnitSource {
 public:
  TableUnits(PreparedLoad& load, const CopyTableOptions& options)
      : load_(load), sessions_(snapshot_sessions(load, options)) {
    if (!has_ledger(options)) sessions_.add(load.source_session);
  }

  [[nodiscard]] std::vector<std::string> cut() const override {
    std::vector<std::string> definitions;
    for (const auto& slice : load_.slices->slices)
      definitions.push_back(slice_definition(*load_.slices, slice));
    return definitions;
  }
  void check(const std::string& definition) const override {
    static_cast<void>(parse_slice(*load_.slices, definition));
  }
  [[nodiscard]] std::uint64_t order_of(const Unit& unit) const override {
    return reading_order(parse_slice(*load_.slices, unit.definition),
                         static_cast<std::uint64_t>(unit.number));
  }
  [[nodiscard]] std::unique_ptr<UnitReader> reader() override {
    return std::make_unique<TableReader>(*load_.slices, load_.schema, sessions_, cause_);
  }

  [[nodiscard]] std::string identity(const std::stop_token& stop) override {
    return snapshot_identity(*load_.source_session, load_.source_server.database, stop);
  }
  [[nodiscard]] std::optional<std::string> shared_snapshot() const override {
    const auto& snapshot = load_.slices->snapshot;
    return snapshot.empty() ? std::nullopt : std::optional(snapshot);
  }
  void check_alive(const std::stop_token& stop) override {
    // Nobody else would notice the loss of the session that holds the snapshot: readers have it themselves.
    static_cast<void>(load_.source_session->execute("SELECT", {}, stop));
  }
  void release() noexcept override { load_.source_session->rollback(); }

 private:
  PreparedLoad& load_;
  SnapshotSessions sessions_;
  FirstCause cause_;
};

}  // namespace

Error with_reason(const Error& error, const PreparedLoad& load) {
  if (error.kind() != ErrorKind::source || !FirstCause::is_lost(error) || !load.source_session) return error;
  const auto said = load.source_session->last_words();
  return said ? said->at(std::string(error.where())).with_work(error.work()) : error;
}

std::shared_ptr<UnitSource> units_of(PreparedLoad& load, const CopyTableOptions& options) {
  if (load.store_units) return load.store_units;
  return std::make_shared<TableUnits>(load, options);
}

std::vector<Unit> number_units(std::vector<std::string> definitions) {
  std::vector<Unit> units;
  for (auto& definition : definitions) {
    units.push_back({.number = static_cast<std::int64_t>(units.size()), .definition = std::move(definition)});
  }
  return units;
}

}  // namespace leat::jobs_detail
