#include "jobs/named/shared_options.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>
#include <vector>

#include "jobs/report/document.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/options/throttle.hpp"

namespace leat::jobs_detail {
namespace {

using std::chrono::milliseconds;

nlohmann::json milliseconds_or_null(const std::optional<milliseconds>& limit) {
  return limit ? nlohmann::json(limit->count()) : nlohmann::json(nullptr);
}

/// A limit of the job's, where this process has none of its own.
void take_limit(std::optional<milliseconds>& own, const nlohmann::json& limits, const char* name) {
  if (own || !limits.contains(name) || limits.at(name).is_null()) return;
  own = milliseconds(limits.at(name).get<std::int64_t>());
}

/// The one of these that is called so.
template <class Enum>
Enum named(const nlohmann::json& text, std::initializer_list<Enum> values) {
  for (const Enum value : values) {
    if (to_string(value) == text.get<std::string>()) return value;
  }
  throw Error(ErrorKind::target, "the job is run in a way that this leat does not know: " + text.dump(),
              {.sqlstate = "0A000", .hint = "run the leat that began it"});
}

/// What a job reads that is new: its bounds are those of its plan.
nlohmann::json incremental_or_null(const std::optional<IncrementalOptions>& options) {
  if (!options) return nullptr;
  nlohmann::json json{{"name", options->name},
                      {"column", options->column},
                      {"lag", options->lag},
                      {"initial", options->initial},
                      {"bound", to_string(options->bound)}};
  if (options->backfill) json["backfill"] = {options->backfill->from, options->backfill->to};
  return json;
}

std::optional<IncrementalOptions> joined_incremental(const nlohmann::json& all) {
  if (!all.contains("incremental") || all.at("incremental").is_null()) return std::nullopt;
  const auto& json = all.at("incremental");
  IncrementalOptions options{
      .name = json.at("name").get<std::string>(),
      .column = json.at("column").get<std::string>(),
      .lag = json.at("lag").get<std::string>(),
      .initial = json.at("initial").get<std::string>(),
      .bound = named(json.at("bound"), {IncrementalBound::column, IncrementalBound::snapshot})};
  if (json.contains("backfill")) {
    const auto& range = json.at("backfill");
    options.backfill = BackfillRange{range.at(0).get<std::string>(), range.at(1).get<std::string>()};
  }
  return options;
}

}  // namespace

std::string shared_options(const CopyTableOptions& options) {
  const StreamOptions& stream = options.stream;
  return json_text(
      {{"source", options.source.label},
       {"from", options.table.from},
       {"to", options.table.to},
       {"columns", options.table.columns},
       {"exclude", options.table.exclude},
       {"rename", options.table.rename},
       {"inheritance", to_string(options.table.inheritance)},
       {"mode", to_string(options.mode)},
       {"key", options.key},
       {"hook", options.transform_name},
       {"incremental", incremental_or_null(options.incremental)},
       {"on_lost_snapshot", to_string(options.delivery.on_lost_snapshot)},
       {"lease_ms", options.delivery.lease.count()},
       {"retries", or_null(options.delivery.retries)},
       {"fires_triggers", stream.triggers == Triggers::fire},
       {"allows_suppressed", stream.suppressed_rows == SuppressedRows::allow},
       {"max_rejects", stream.max_rejects},
       {"reject_table", stream.rejects.table},
       {"indexes", to_string(stream.indexes)},
       {"advances_sequences", stream.advance_sequences},
       {"analyzes", stream.analyze},
       {"verifies", stream.verify},
       {"max_rate", stream.throttle ? stream.throttle->rate().count() : 0},
       {"max_replica_lag_ms", stream.throttle ? stream.throttle->max_replica_lag().count() : 0},
       {"limits",
        {{"connect_ms", milliseconds_or_null(stream.limits.connect_timeout)},
         {"lock_ms", milliseconds_or_null(stream.limits.lock_timeout)},
         {"statement_ms", milliseconds_or_null(stream.limits.statement_timeout)},
         {"silence_ms", milliseconds_or_null(stream.limits.silence_timeout)}}},
       {"has_own_hooks", static_cast<bool>(stream.before_commit) || static_cast<bool>(stream.expect)}});
}

CopyTableOptions joined_options(CopyTableOptions own, const std::string& shared, const JobRecord& record) {
  const nlohmann::json all = nlohmann::json::parse(shared);
  const nlohmann::json command = nlohmann::json::parse(record.description);
  if (!command.contains("where") || !command.contains("map")) {
    throw Error(ErrorKind::config,
                "the job has conditions and expressions that only the role which began it may read",
                {.hint = "join it as that role"});
  }
  if (all.at("has_own_hooks").get<bool>()) {
    throw Error(ErrorKind::config,
                "the job runs code of its own before its commit (.before_commit), which no other process has",
                {.hint = "let the process that has begun it end it"});
  }
  own.table = {.from = all.at("from"),
               .to = all.at("to"),
               .columns = all.at("columns"),
               .exclude = all.at("exclude"),
               .rename = all.at("rename"),
               .map = command.at("map"),
               .where = command.at("where"),
               // A leat that does not say reads own rows.
               .inheritance = named(all.value("inheritance", nlohmann::json("only")),
                                    {Inheritance::refuse, Inheritance::only, Inheritance::tree})};
  own.mode = named(all.at("mode"), {WriteMode::append, WriteMode::replace, WriteMode::swap, WriteMode::upsert,
                                    WriteMode::sync, WriteMode::insert_missing, WriteMode::delete_insert});
  own.key = all.at("key").get<std::vector<std::string>>();
  own.transform_name = all.at("hook").get<std::string>();
  own.incremental = joined_incremental(all);
  own.delivery.job = record.name;
  own.delivery.on_lost_snapshot = named(
      all.at("on_lost_snapshot"), {OnLostSnapshot::redo, OnLostSnapshot::carry_on, OnLostSnapshot::refuse});
  own.delivery.lease = std::chrono::milliseconds(all.at("lease_ms").get<std::int64_t>());
  if (!all.at("retries").is_null()) own.delivery.retries = all.at("retries").get<std::size_t>();
  StreamOptions& stream = own.stream;
  stream.triggers = all.at("fires_triggers").get<bool>() ? Triggers::fire : Triggers::disable;
  stream.suppressed_rows =
      all.at("allows_suppressed").get<bool>() ? SuppressedRows::allow : SuppressedRows::error;
  stream.max_rejects = all.at("max_rejects").get<std::uint64_t>();
  stream.rejects = {.table = all.at("reject_table").get<std::string>()};
  // The ledger keeps them; files and callbacks are those of whoever began the job.
  if (stream.max_rejects > 0 && stream.rejects.empty()) stream.rejects.callback = [](const RejectedRow&) {};
  stream.indexes = named(all.at("indexes"), {Indexes::keep, Indexes::rebuild, Indexes::automatic});
  stream.advance_sequences = all.at("advances_sequences").get<bool>();
  stream.analyze = all.at("analyzes").get<bool>();
  stream.verify = all.at("verifies").get<bool>();
  // Of a leat that shared none there are none.
  const nlohmann::json limits = all.value("limits", nlohmann::json::object());
  take_limit(stream.limits.connect_timeout, limits, "connect_ms");
  take_limit(stream.limits.lock_timeout, limits, "lock_ms");
  take_limit(stream.limits.statement_timeout, limits, "statement_ms");
  take_limit(stream.limits.silence_timeout, limits, "silence_ms");
  const ByteCount rate{all.at("max_rate").get<std::uint64_t>()};
  const std::chrono::milliseconds lag(all.at("max_replica_lag_ms").get<std::int64_t>());
  if (rate.count() > 0 || lag.count() > 0) stream.throttle = std::make_shared<Throttle>(rate, lag);
  return own;
}

}  // namespace leat::jobs_detail
