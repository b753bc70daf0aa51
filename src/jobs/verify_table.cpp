#include "leat/jobs/verify_table.hpp"

#include <array>
#include <utility>

#include "jobs/match/conversion_hint.hpp"
#include "jobs/match/copy_columns.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/survey/inheriting_tables.hpp"
#include "jobs/survey/preflight.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "jobs/survey/survey.hpp"
#include "jobs/verify/compared_sides.hpp"
#include "jobs/verify/content_hash.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"

namespace leat::jobs_detail {
namespace {

/// A comparison from its first look at both sides on.
class Verification {
 public:
  Verification(const VerifyTableOptions& options, const std::stop_token& stop)
      : options_(options), stop_(stop) {}

  [[nodiscard]] VerifyReport run() {
    const auto started = SteadyClock::now();
    open();
    count();
    if (!report_.equal && options_.differences > 0) locate();
    for (auto& side : compared_.sides) side.session->rollback();
    report_.elapsed = SteadyClock::now() - started;
    return std::move(report_);
  }

 private:
  void open() {
    report_.source = look_at(0, options_.source, options_.table.from, options_.table.where);
    report_.target = look_at(1, options_.target, options_.table.target_name(), options_.target_where);
    throw_errors();
    check_condition(source(), source_info(), options_.table.where, stop_);
    check_condition(target(), target_info(), options_.target_where, stop_, ".target_where");
    match();
    const std::string& encoding = servers_[0].encoding;
    compared_.same_encoding = encoding == servers_[1].encoding;
    for (std::size_t i = 0; i < 2; ++i) {
      if (servers_[i].encoding == "SQL_ASCII") pass_text_as_it_is(*compared_.sides[i].session, stop_);
    }
    settle_printing();
    prepare_sides(compared_, target_info(), options_.key, report_, stop_);
    options_.log.log_event(LogLevel::info, "plan", "comparing " + report_.source + " with " + report_.target,
                           {{"source", report_.source},
                            {"target", report_.target},
                            {"key", comma_list(report_.key)},
                            {"columns", report_.columns.size()}});
  }

  void count() {
    const auto begin = SteadyClock::now();
    report_.equal = count_both(compared_, report_, stop_);
    options_.log.log_event(
        LogLevel::info, "compare",
        report_.equal ? "the rows of both sides are equal" : "the rows of both sides differ",
        {{"rows", report_.source_rows}, {"target_rows", report_.target_rows}, {"seconds", since(begin)}});
  }

  /// What a side's server says of its table, in a snapshot of its own. Returns where it is, for people.
  std::string look_at(std::size_t number, const ResolvedConnection& where, const std::string& table,
                      const std::string& condition) {
    const auto name = TableName::parse(table);
    auto& side = compared_.sides[number];
    const ErrorKind kind = number == 0 ? ErrorKind::source : ErrorKind::target;
    side.session = connect(where, kind, session_part(options_), stop_);
    side.where = condition;
    auto lock_error = begin_source(*side.session, std::span(&name, 1), stop_).front();
    TableFacts& facts = facts_[number] =
        survey_side(*side.session, name, {.lock_error = std::move(lock_error)}, servers_[number], stop_);
    if (auto reason = reason_not_to_read(facts, kind)) {
      findings_.push_back(std::move(*reason));
    } else {
      choose_rows(facts, options_.table.inheritance, "compares", findings_);
      side.from = postgres_detail::rows_sql(*facts.info);
    }
    return where.label_of(*side.session) + ": " + (facts.info ? facts.info->name : name).display();
  }

  void match() {
    auto columns = source_columns(source(), source_info(), options_.table, stop_);
    add_generated(columns, source_info(), options_.table, target_info());
    // What a copy cannot write can be compared all the same.
    TableInfo readable = target_info();
    for (auto& column : readable.columns) column.generated = false;
    const ColumnMatch matched = match_columns(columns, readable, findings_, false, casts_of(source(), stop_));
    std::erase_if(findings_, [](const Finding& finding) {
      return finding.severity != Severity::error || finding.code == "column_required";
    });
    check_source(facts_[0], ErrorKind::source, names_of(columns), findings_);
    check_source(facts_[1], ErrorKind::target, matched.targets, findings_);
    throw_errors();
    compared_.columns =
        compare_columns(columns, matched, readable, options_.table.large_objects == LargeObjectMode::copied);
    for (const auto& column : compared_.columns) {
      if (column.comparison.form == ValueForm::printed) {
        report_.by_text.push_back({.column = column.name, .reason = column.comparison.reason});
      }
    }
    std::vector<std::string> left_out;
    for (const auto& column : readable.columns) {
      if (!contains(matched.targets, column.name)) left_out.push_back(column.name);
    }
    tell_left_out(left_out, " of the target");
    // A copy leaves them out where nobody asks for them.
    const TableSelection& choice = options_.table;
    std::vector<std::string> generated;
    for (const auto& column : source_info().columns) {
      const bool is_compared = find_by(columns, &SourceColumn::target, column.name) != nullptr;
      if (column.generated && !is_compared && is_chosen(choice, column.name))
        generated.push_back(column.name);
    }
    if (choice.columns.empty()) {
      tell_left_out(generated, " of the source, which generates it; .columns would name it");
    }
  }

  void tell_left_out(const std::vector<std::string>& columns, const char* whose) {
    if (!columns.empty()) report_.remarks.push_back("not compared: " + quoted_list(columns) + whose);
  }

  /// Makes both sides print values alike.
  void settle_printing() {
    const auto is_plain = [](const TableInfo& table, const std::string& where) {
      return where.empty() &&
             (table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table);
    };
    is_plain_target_ = is_plain(target_info(), options_.target_where);
    const bool qualify =
        is_plain(source_info(), options_.table.where) && options_.table.map.empty() && is_plain_target_;
    const auto settings = print_settings(source(), compared_.columns, qualify, stop_);
    for (auto& side : compared_.sides) apply(*side.session, settings, stop_);
    if (!qualify && find_by(compared_.columns, &ComparedColumn::prints_objects, true) != nullptr) {
      report_.remarks.emplace_back(
          "names of objects (regclass and its like) are compared as each side's search_path has them");
    }
  }

  void locate() {
    const auto begin = SteadyClock::now();
    // For what is shown.
    if (is_plain_target_) {
      const Result zone = source().execute("SELECT pg_catalog.current_setting('TimeZone')", {}, stop_);
      postgres_detail::set_local(target(), "TimeZone", zone.text(0, 0), stop_);
    }
    locate_differences(compared_, report_, options_.differences, stop_);
    options_.log.log_event(LogLevel::info, "search", "the rows that differ were looked for",
                           {{"ranges", report_.ranges.size()},
                            {"differences", report_.differences.size()},
                            {"more", report_.more},
                            {"seconds", since(begin)}});
  }

  void throw_errors() const {
    if (has_error(findings_)) throw to_error(findings_);
  }

  [[nodiscard]] Connection& source() { return *compared_.sides[0].session; }
  [[nodiscard]] Connection& target() { return *compared_.sides[1].session; }
  [[nodiscard]] const TableInfo& source_info() const { return *facts_[0].info; }
  [[nodiscard]] const TableInfo& target_info() const { return *facts_[1].info; }

  const VerifyTableOptions& options_;
  const std::stop_token& stop_;
  ComparedSides compared_;
  std::array<ServerFacts, 2> servers_;
  std::array<TableFacts, 2> facts_;
  std::vector<Finding> findings_;
  bool is_plain_target_ = false;  // a table, and no condition that settings could change
  VerifyReport report_;
};

}  // namespace
}  // namespace leat::jobs_detail

namespace leat {

VerifyTable::VerifyTable(VerifyTableOptions options) : options_(std::move(options)) {
  jobs_detail::validate_pair(options_.table);
  jobs_detail::refuse_if(options_.differences > 10000, "differences must be at most 10000");
  jobs_detail::validate(StreamOptions{.limits = options_.limits});
  options_.log = options_.log.with({{"table", TableName::parse(options_.table.target_name()).display()}});
}

VerifyReport VerifyTable::run(std::stop_token stop) const {
  using namespace jobs_detail;
  const auto compare = [&] {
    return unless_stopped([&] { return Verification(options_, stop).run(); }, "the comparison was stopped");
  };
  return logged_work(options_.log, "verify", the_comparison, compare, [&](const VerifyReport& report) {
    options_.log.log_event(LogLevel::info, "end", "the comparison is done",
                           {{"status", report.equal ? "equal" : "different"},
                            {"rows", report.source_rows},
                            {"target_rows", report.target_rows},
                            {"differences", report.differences.size()},
                            {"more", report.more},
                            {"seconds", report.elapsed}});
  });
}

}  // namespace leat
