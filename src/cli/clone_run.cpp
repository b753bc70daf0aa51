#include "cli/clone_run.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cli/clone_rest.hpp"
#include "leat/jobs/copy_tables.hpp"

namespace leat::cli {
namespace {

std::string choices_of(const CloneOptions& options) {
  return std::string(options.no_owner ? "no-owner " : "") + (options.no_privileges ? "no-privileges " : "") +
         (options.no_tablespaces ? "no-tablespaces " : "");
}

/// One name, as a pattern of copy-tables.
std::string exact_pattern(const TableName& name) {
  return name.sql();
}

constexpr const char* begin_anew = "empty the target (or make another database), and begin anew";

}  // namespace

CloneRun::CloneRun(const CloneOptions& options, const std::stop_token& stop)
    : options_(options),
      source_(clone_session(options, ErrorKind::source, stop)),
      snapshot_(hold_source(source_, stop)),
      found_(survey_clone_source(source_, options, stop)),
      programs_(options.pg_bin, source_.server_version(), options.stream.log, stop),
      target_(clone_session(options, ErrorKind::target, stop)),
      source_program_(
          program_connection(options.source, source_, options.stream.limits.connect_timeout, stop)),
      target_program_(
          program_connection(options.target, target_, options.stream.limits.connect_timeout, stop)) {
  if (source_.is_pooled() || target_.is_pooled()) {
    throw Error(ErrorKind::config, "a clone does not go through a connection pooler",
                {.hint = "name the servers themselves"});
  }
  report_.source = options.source.label_of(source_);
  report_.target = options.target.label_of(target_);
  report_.tables_found = found_.tables.size();
  report_.sequences = found_.sequences.size();
  report_.large_objects = found_.large_objects;
  report_.left_out = found_.left_out;
  state_.emplace(target_, stop);
  const auto record = state_->read(stop);
  report_.findings = target_findings(target_, source_, found_, stop);
  if (record) {
    record_ = *record;
    report_.continued = true;
    if (has_reached(CloneStep::all)) tell_what_stands(stop);
    check_record(*record);
    return;
  }
  record_.source = found_.identity;
  record_.choices = choices_of(options);
  const auto objects = objects_of_target(target_, stop);
  if (objects.empty()) return;
  std::string names;
  for (const auto& name : objects) names += (names.empty() ? "" : ", ") + name;
  report_.findings.push_back(
      {.code = "target_not_empty",
       .side = ErrorKind::target,
       .message =
           "the target is not empty: it has " + names + "; and no clone into it has begun, or it is complete",
       .sqlstate = "42P07",
       .hint = "name an empty database; leat copy-tables loads tables that are there"});
}

void CloneRun::tell_what_stands(const std::stop_token& stop) {
  // Of what the source's definitions name by now, nothing is needed any more.
  std::erase_if(report_.findings, [](const auto& finding) { return finding.severity == Severity::error; });
  const CloneCounts counts = counts_of_target(target_, stop);
  report_.tables_found = counts.tables;
  report_.sequences = counts.sequences;
  report_.large_objects = counts.large_objects;
}

void CloneRun::check_record(const CloneRecord& record) {
  if (record.source != found_.identity) {
    report_.findings.push_back({.code = "other_clone",
                                .side = ErrorKind::target,
                                .message = "a clone of another database into this target has begun",
                                .sqlstate = "55000",
                                .hint = std::string("name that source; or ") + begin_anew});
  }
  if (record.choices != choices_of(options_)) {
    report_.findings.push_back(
        {.code = "other_options",
         .side = ErrorKind::config,
         .message = "the clone that has begun has other options: " +
                    (record.choices.empty() ? std::string("neither --no-owner, --no-privileges nor "
                                                          "--no-tablespaces")
                                            : record.choices),
         .hint = std::string("give the same ones; or ") + begin_anew});
  }
}

void CloneRun::check_definitions(const CloneRecord& record, const std::string& hash) const {
  if (record.definitions == hash) return;
  throw Error(ErrorKind::source,
              "the source's definitions have changed since this clone began, so it cannot go on",
              {.sqlstate = "55000", .hint = begin_anew});
}

void CloneRun::reach(CloneStep step, const std::stop_token& stop) {
  state_->reach(step, stop);
  record_.step = step;
}

void CloneRun::make_definitions(const std::stop_token& stop) {
  // Only the report is missing, and the source may have moved on.
  if (has_reached(CloneStep::all)) return;
  archive_.emplace(options_, programs_, source_program_, target_program_, snapshot_, found_.lock_timeout);
  archive_->dump_definitions(stop);
  const std::array<Parameter, 1> text{archive_->text(stop)};
  const std::string hash(
      target_
          .execute(
              "SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($1, 'SQL_ASCII')), 'hex')",
              text, stop)
          .text(0, 0));
  if (report_.continued) {
    check_definitions(record_, hash);
  } else {
    record_.definitions = hash;
    state_->create(record_, stop);
  }
  if (has_reached(CloneStep::definitions)) return;
  // They come in one transaction, which may have ended without a word of it.
  const bool are_there = report_.continued && !objects_of_target(target_, stop).empty();
  if (!are_there) archive_->restore_definitions(stop);
  reach(CloneStep::definitions, stop);
}

bool CloneRun::copy_rows(const std::stop_token& stop) {
  if (has_reached(CloneStep::rows)) {
    report_.tables_before = report_.tables_found;
    return true;
  }
  std::set<std::string> left_out;
  for (const auto& table : found_.rowless) left_out.insert(table.sql());
  if (!record_.tables.empty()) {
    const auto changed = state_->forget_changed(record_, stop);
    for (const auto& table : record_.tables) {
      if (std::find(changed.begin(), changed.end(), table) != changed.end()) {
        report_.remarks.push_back(table.display() +
                                  " has other rows than an earlier run has left, and is "
                                  "copied again");
      } else {
        ++report_.tables_before;
        left_out.insert(table.sql());
      }
    }
  }
  CopyTablesOptions copy{.source = options_.source,
                         .target = options_.target,
                         .include = {"*.*"},
                         .inheritance = Inheritance::only,
                         .large_objects = LargeObjectMode::by_caller,
                         .on_tables_progress = options_.on_progress,
                         .snapshot = snapshot_,
                         .before_commit = &CloneState::add_tables,
                         .stream = options_.stream,
                         .jobs = options_.jobs};
  copy.stream.advance_sequences = false;
  copy.stream.analyze = true;
  copy.stream.application_name = clone_sessions;
  std::size_t tables = 0;
  for (const auto& table : found_.tables) {
    if (left_out.contains(table.sql())) {
      copy.exclude.push_back(exact_pattern(table));
    } else {
      ++tables;
    }
  }
  if (tables > 0) {
    report_.tables = CopyTables(std::move(copy)).run(stop);
    if (report_.tables.status == JobStatus::cancelled) throw Stopped();
    if (report_.tables.failed() > 0) return false;
  }
  copy_rows_without_copy(source_, target_, found_.rowless, found_.config, stop);
  record_.step = CloneStep::rows;
  return true;
}

void CloneRun::copy_objects(const std::stop_token& stop) {
  if (has_reached(CloneStep::objects)) return;
  if (report_.continued) remove_large_objects(target_, stop);
  if (found_.large_objects > 0) archive_->copy_large_objects(stop);
  reach(CloneStep::objects, stop);
}

void CloneRun::make_the_rest(const std::stop_token& stop) {
  if (has_reached(CloneStep::all)) return;
  copy_sequences(source_, target_, found_.sequences, stop);
  const CloneParts wanted = archive_->parts(stop);
  KeptParts kept;
  std::set<std::string> roles;
  const Result names = source_.execute("SELECT rolname FROM pg_catalog.pg_roles", {}, stop);
  for (std::size_t i = 0; i < names.rows(); ++i) roles.emplace(names.text(i, 0));
  // The source has told all.
  source_.rollback();
  if (report_.continued) {
    kept = make_way(target_, wanted, stop);
    report_.remarks.insert(report_.remarks.end(), kept.notes.begin(), kept.notes.end());
  } else {
    note_parts(target_, wanted, stop);
  }
  try {
    archive_->restore_rest(kept.standing, roles, options_.jobs, stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled || options_.jobs == 1 || !target_.is_open()) throw;
    // Several at a time may lock each other out for ever; the server then ends one of them.
    options_.stream.log.warning(std::string("what is left is made one after the other: ") + error.what());
    kept = make_way(target_, wanted, stop);
    archive_->restore_rest(kept.standing, roles, 1, stop);
  }
  reach(CloneStep::all, stop);
}

CloneReport CloneRun::run(const std::stop_token& stop) {
  if (has_error(report_.findings)) throw to_error(report_.findings);
  for (const auto& finding : report_.findings) options_.stream.log.warning(finding.message);
  timed("definitions", [&] { make_definitions(stop); });
  // What is not there yet comes in the snapshot of this run.
  const bool reads_objects = !has_reached(CloneStep::objects) && found_.large_objects > 0;
  const bool reads_rows = !has_reached(CloneStep::rows) && !(found_.rowless.empty() && found_.config.empty());
  const bool complete = timed("rows", [&] { return copy_rows(stop); });
  const bool reads_more = reads_objects || reads_rows || !report_.tables.tables.empty();
  if (report_.tables_before > 0 && reads_more) {
    report_.consistent = false;
    report_.remarks.emplace_back(
        "tables of the earlier run were read in another snapshot: if the source was written to meanwhile, "
        "the clone shows none of its moments");
  }
  if (complete) {
    timed("large objects", [&] { copy_objects(stop); });
    timed("indexes and the rest", [&] { make_the_rest(stop); });
    const auto notes = timed("analyze", [&] { return analyze_the_rest(target_, stop); });
    report_.remarks.insert(report_.remarks.end(), notes.begin(), notes.end());
  }
  report_.elapsed = Clock::now() - started_;
  return report_;
}

}  // namespace leat::cli
