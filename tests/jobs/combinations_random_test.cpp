// Random combinations of options over random small tables, against what plain SQL makes of the same rows.
#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "indexes.hpp"
#include "plain_sql.hpp"
#include "random_copy.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::string all_of(const std::vector<std::string>& statements) {
  std::string sql;
  for (const auto& statement : statements) sql += statement + "; ";
  return sql.empty() ? "SELECT 1" : sql;
}

/// Everything that a job might leave or change in the target's database.
std::string everything(const Bed& bed, const RandomCopy& copy) {
  std::string all = bed.dst(
      "SELECT string_agg(concat_ws(' ', c.oid::regclass, c.relkind, c.relpages > 0, (SELECT "
      "string_agg(concat_ws(' ', "
      "attname, atttypid::regtype, attnotnull), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
      "c.oid AND "
      "attnum > 0)), '; ' ORDER BY c.oid) FROM pg_class c WHERE relnamespace::regnamespace::text IN "
      "('public', "
      "'leat_meta')");
  if (!copy.is_missing)
    all += bed.dst(content("public." + copy.table_sql)) + objects_of(bed, "public." + copy.table_sql);
  return all + recorded(bed);
}

/// As a run leaves them whose process was killed.
void drop_indexes(const RandomCopy& copy) {
  auto options = copy.options;
  options.mode = WriteMode::append;
  options.key.clear();
  options.table.where = "false";
  options.transform = {};
  options.readers = options.writers = options.transform_workers = 1;
  options.delivery = {};
  options.stream.verify = false;
  options.stream.max_rejects = 0;
  options.stream.rejects = {};
  options.stream.indexes = Indexes::rebuild;
  options.stream.before_load = {};
  std::stop_source stop;
  options.stream.before_commit = [&stop](Connection&, const std::stop_token&) {
    stop.request_stop();
    throw Stopped();
  };
  CHECK_THROWS(CopyTable(options).run(stop.get_token()));
}

/// What the plan tells, or that the options themselves are refused.
std::vector<Finding> findings_of(const CopyTableOptions& options) {
  try {
    return CopyTable(options).plan().findings;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    return {to_finding("options", error)};
  }
}

void check_no_leftovers(const Bed& bed, const RandomCopy& copy) {
  CHECK(becomes_true(patience, [&bed] {
    return bed.src("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                   std::string(application) + "'") == "0";
  }));
  if (bed.dst("SELECT to_regclass('leat_meta.jobs') IS NULL") == "t") return;
  CHECK(bed.dst("SELECT string_agg(name, ', ') FROM leat_meta.jobs WHERE name <> '" +
                copy.options.delivery.job + "' OR state = 'running'")
            .empty());
  if (copy.options.delivery.job.empty()) CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_ledger") == "0");
}

/// Constraints of each kind and indexes of the target, as RandomCopy::made has them.
std::string made_objects(const Bed& bed, const RandomCopy& copy) {
  const std::string table = "'public." + copy.to_sql + "'::regclass";
  return bed.dst(
      "SELECT concat((SELECT string_agg(contype, '' ORDER BY contype) FROM pg_constraint WHERE conrelid = " +
      table + " AND contype IN ('c', 'p', 'u')), (SELECT repeat('x', count(*)::int) FROM pg_index i WHERE " +
      "indrelid = " + table + " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)))");
}

/// Sequences of loaded columns are beyond the largest value.
void check_sequences(const Bed& bed, const RandomCopy& copy) {
  const bool is_made = !copy.is_missing || copy.options.stream.create == CreateTarget::full;
  for (const auto& column : copy.columns) {
    if (column.to_identity.empty() || !column.map.empty() || !is_made) continue;
    const std::string name = quote_identifier(column.to);
    CHECK(bed.dst("SELECT coalesce(max(" + name +
                  "), 0) <= coalesce(pg_sequence_last_value(pg_get_serial_sequence('" + copy.table_sql +
                  "', $name$" + column.to + "$name$)::regclass), 0) FROM " + copy.table_sql) == "t");
  }
}

/// An attempt that a row hook ends; its report where there was no such row.
std::optional<JobReport> attempt_that_fails(const RandomCopy& copy) {
  auto options = copy.options;
  options.transform = [name = copy.hooked](const RowView& row, RowBuilder& out) {
    if (row.get<std::int32_t>(name) % 23 == 17) throw std::runtime_error("a hook's own");
    RandomCopy::change(row, name, out);
  };
  try {
    return CopyTable(options).run();
  } catch (const Error&) {
    // A row that the target refuses may be the first.
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()) == "a hook's own");
  }
  return std::nullopt;
}

bool is_straight(const CopyTableOptions& options) {
  return !options.delivery.job.empty() && options.mode == WriteMode::append &&
         options.delivery.on_lost_snapshot != OnLostSnapshot::redo;
}

/// Runs one round. Returns what it came to.
std::string run_round(const Bed& bed, Dice& dice, std::size_t round) {
  const RandomCopy copy(bed, dice, "round " + std::to_string(round));
  INFO(copy.text());
  const std::string clean = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; ";
  bed.src(clean + random_types + all_of(copy.source_sql));
  bed.dst(clean + "DROP SCHEMA IF EXISTS leat_meta CASCADE; " + random_types + all_of(copy.came_sql) +
          all_of(copy.target_sql));
  PlainSql wanted(bed, copy);
  bool succeeds = true;
  std::string objects;
  if (!copy.is_missing) {
    objects = objects_of(bed, "public." + copy.table_sql);
    wanted.take_target();
    succeeds = wanted.change();
    if (copy.loses_indexes) drop_indexes(copy);
  }
  const std::string before = everything(bed, copy);
  // It costs as much as the load of so few rows.
  std::optional<std::vector<Finding>> findings;
  if (dice.chance(25)) {
    findings = findings_of(copy.options);
    CHECK(everything(bed, copy) == before);
  }
  std::optional<JobReport> report;
  std::optional<Error> error;
  if (copy.fails_first) report = attempt_that_fails(copy);
  try {
    if (!report) report = CopyTable(copy.options).run();
  } catch (const Error& thrown) {
    error = thrown;
  }
  if (error && !findings) findings = findings_of(copy.options);
  INFO((error ? error->what() : "no error"));
  if (findings && has_error(*findings)) {
    CHECK(error);
    if (!error) return "something else";
    CHECK(std::string(error->what()) == to_error(*findings).what());
    CHECK(everything(bed, copy) == before);
    check_no_leftovers(bed, copy);
    const auto is_error = [](const Finding& finding) { return finding.severity == Severity::error; };
    return "refused: " + std::find_if(findings->begin(), findings->end(), is_error)->code;
  }
  const bool has_bad_rows = std::any_of(copy.columns.begin(), copy.columns.end(),
                                        [](const RandomColumn& column) { return column.has_bad_rows; });
  if (error && !succeeds) {
    CHECK(error->kind() == ErrorKind::target);
    const bool is_made = std::any_of(copy.columns.begin(), copy.columns.end(),
                                     [](const RandomColumn& column) { return column.is_missing_there; });
    if (!is_straight(copy.options) && !is_made && !copy.loses_indexes)
      CHECK(bed.dst(content("public." + copy.table_sql)) == bed.dst(content("was")));
    if (recorded(bed).empty()) CHECK(objects_of(bed, "public." + copy.table_sql) == objects);
    check_no_leftovers(bed, copy);
    return std::string("failed, as it should") + (has_bad_rows ? " (bad rows)" : "");
  }
  if (copy.fails_first && error && copy.options.delivery.on_lost_snapshot == OnLostSnapshot::refuse) {
    check_error(*error, ErrorKind::source, "55000");
    check_no_leftovers(bed, copy);
    return "refused to go on in another snapshot";
  }
  // Whatever a round comes to, the next one is run.
  CHECK_FALSE(error);
  if (error) return "something else";
  if (copy.is_missing) {
    bed.dst("CREATE TABLE wanted (LIKE " + copy.table_sql +
            " INCLUDING ALL); CREATE TABLE was (LIKE wanted)");
    succeeds = wanted.change();
  } else {
    CHECK(objects_of(bed, "public." + copy.table_sql) == objects);
  }
  INFO("plain SQL: " << wanted.refusal());
  CHECK(succeeds);
  if (!succeeds) return "something else";
  if (!copy.fails_first) wanted.check(*report);
  wanted.check_rows();
  if (copy.is_missing) CHECK(made_objects(bed, copy) == copy.made);
  // What is behind a view is not looked at.
  const bool advances = copy.options.stream.advance_sequences && !copy.options.stream.into_view;
  if (advances) check_sequences(bed, copy);
  CHECK(recorded(bed).empty());
  check_no_leftovers(bed, copy);
  if (copy.options.stream.before_commit)
    CHECK(bed.dst("SELECT count(*) FROM told WHERE what = 'before the commit'") == "1");
  if (copy.options.stream.before_load)
    CHECK(bed.dst("SELECT count(*) FROM told WHERE what = 'before the load'") == "1");
  if (!copy.options.delivery.job.empty() && dice.chance(50)) {
    CHECK(CopyTable(copy.options).run().slices_done == 0);
    wanted.check_rows();
  }
  return "copied";
}

}  // namespace

TEST_CASE("combinations: a thousand random ones are what plain SQL makes, or refused with nothing changed",
          "[server][random]") {
  const Bed bed;
  const bool in_full = rounds(100) >= 100;
  const RandomRun run(in_full ? 1000 : 300);
  // One of them alone, by its number.
  const std::size_t alone = number_from_environment("LEAT_ROUND", 0);
  std::map<std::string, std::size_t> ends;
  std::size_t copied = 0;
  const std::size_t first = alone > 0 ? alone : 1;
  const std::size_t last = alone > 0 ? alone : run.rounds();
  for (std::size_t round = first; round <= last; ++round) {
    INFO("LEAT_ROUND=" << round);
    Dice dice(run.seed(), round);
    const std::string end = run_round(bed, dice, round);
    ++ends[end];
    if (end == "copied") ++copied;
  }
  std::string tally;
  for (const auto& [end, count] : ends)
    tally += (tally.empty() ? "" : ", ") + std::to_string(count) + " " + end;
  std::fprintf(stderr, "%s\n", tally.c_str());
  if (alone == 0) CHECK(2 * copied >= run.rounds());
}
