#include "leat/jobs/verify_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/match/copy_columns.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/survey/preflight.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "jobs/survey/survey.hpp"
#include "jobs/verify/compared_sides.hpp"

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
    report_.equal = count_both(compared_, report_, stop_);
    if (!report_.equal && options_.differences > 0) locate();
    for (auto& side : compared_.sides) side.session->rollback();
    report_.elapsed = SteadyClock::now() - started;
    return std::move(report_);
  }

 private:
  /// What a side's server says of its table, in a snapshot of its own.
  TableFacts look_at(std::size_t number, const ResolvedConnection& where, const TableName& name,
                     ServerFacts& server, std::string& label) {
    auto& side = compared_.sides[number];
    const ErrorKind kind = number == 0 ? ErrorKind::source : ErrorKind::target;
    side.session = connect(where, kind, session_part(options_), stop_);
    auto lock_error = begin_source(*side.session, std::span(&name, 1), stop_).front();
    TableFacts facts = survey_side(*side.session, name, {.lock_error = std::move(lock_error)}, server, stop_);
    label = where.label_of(*side.session) + ": " + (facts.info ? facts.info->name : name).display();
    if (auto reason = reason_not_to_read(facts, kind)) {
      findings_.push_back(std::move(*reason));
    } else {
      side.from = only_sql(*facts.info);
    }
    return facts;
  }

  void open() {
    const auto from = TableName::parse(options_.table.from);
    const auto to = TableName::parse(options_.table.target_name());
    std::array<ServerFacts, 2> servers;
    const TableFacts source = look_at(0, options_.source, from, servers[0], report_.source);
    const TableFacts target = look_at(1, options_.target, to, servers[1], report_.target);
    throw_errors();
    compared_.sides[0].where = options_.table.where;
    compared_.sides[1].where = options_.target_where;
    check_condition(*compared_.sides[0].session, *source.info, options_.table.where, stop_);
    check_condition(*compared_.sides[1].session, *target.info, options_.target_where, stop_,
                    "--target-where");
    match(source, target);
    if (servers[0].encoding == "SQL_ASCII" && servers[1].encoding == "SQL_ASCII") {
      for (auto& side : compared_.sides) pass_text_as_it_is(*side.session, stop_);
    }
    const bool same_encoding = servers[0].encoding == servers[1].encoding;
    settle_printing(source, target);
    build_sql(*target.info, same_encoding);
    options_.log.info("comparing " + report_.source + " with " + report_.target);
  }

  void match(const TableFacts& source, const TableFacts& target) {
    const auto columns = source_columns(*compared_.sides[0].session, *source.info, options_.table, stop_);
    // What a copy cannot write can be compared all the same.
    TableInfo readable = *target.info;
    for (auto& column : readable.columns) column.generated = false;
    std::vector<Finding> found;
    const ColumnMatch matched = match_columns(columns, readable, found);
    std::erase_if(found, [](const Finding& finding) {
      return finding.severity != Severity::error || finding.code == "column_required";
    });
    findings_ = std::move(found);
    check_source(source, ErrorKind::source, names_of(columns), findings_);
    check_source(target, ErrorKind::target, matched.targets, findings_);
    throw_errors();
    compared_.columns = compare_columns(columns, matched, readable);
    for (const auto& column : compared_.columns) {
      report_.columns.push_back(column.name);
      if (column.comparison.form == ValueForm::printed) {
        report_.by_text.push_back({.column = column.name, .reason = column.comparison.reason});
      }
    }
    std::string left_out;
    for (const auto& column : readable.columns) {
      const auto& names = report_.columns;
      if (std::find(names.begin(), names.end(), column.name) != names.end()) continue;
      left_out += (left_out.empty() ? "" : ", ") + quote_identifier(column.name);
    }
    if (!left_out.empty()) report_.remarks.push_back("not compared: " + left_out + " of the target");
    tell_generated(*source.info);
  }

  /// A copy leaves them out where nobody asks for them.
  void tell_generated(const TableInfo& source) {
    const TableSelection& choice = options_.table;
    if (!choice.columns.empty()) return;
    std::string left_out;
    for (const auto& column : source.columns) {
      const bool is_mapped = choice.map.contains(column.name);
      if (!column.generated || is_mapped || !is_chosen(choice, column.name)) continue;
      left_out += (left_out.empty() ? "" : ", ") + quote_identifier(column.name);
    }
    if (left_out.empty()) return;
    report_.remarks.push_back("not compared: " + left_out +
                              " of the source, which generates it; --columns would name it");
  }

  /// Makes both sides print values alike.
  void settle_printing(const TableFacts& source, const TableFacts& target) {
    const auto is_plain = [](const TableFacts& facts, const std::string& where) {
      const auto kind = facts.info->kind;
      return where.empty() && (kind == RelationKind::table || kind == RelationKind::partitioned_table);
    };
    is_plain_target_ = is_plain(target, options_.target_where);
    const bool qualify =
        is_plain(source, options_.table.where) && options_.table.map.empty() && is_plain_target_;
    const auto settings = print_settings(*compared_.sides[0].session, compared_.columns, qualify, stop_);
    for (auto& side : compared_.sides) static_cast<void>(apply(*side.session, settings, stop_));
    const bool prints_objects = std::any_of(compared_.columns.begin(), compared_.columns.end(),
                                            [](const auto& column) { return column.prints_objects; });
    if (prints_objects && !qualify) {
      report_.remarks.emplace_back(
          "names of objects (regclass and its like) are compared as each side's search_path has them");
    }
  }

  void build_sql(const TableInfo& target, bool same_encoding) {
    const HashMethod method = hash_method(compared_.sides[0].session->server_version(),
                                          compared_.sides[1].session->server_version(), same_encoding);
    choose_key(compared_, target, options_.key, report_, stop_);
    build_sides(compared_, method, same_encoding);
  }

  void locate() {
    // For what is shown.
    if (is_plain_target_) {
      const Result zone =
          compared_.sides[0].session->execute("SELECT pg_catalog.current_setting('TimeZone')", {}, stop_);
      static_cast<void>(
          apply(*compared_.sides[1].session, {{"TimeZone", std::string(zone.text(0, 0))}}, stop_));
    }
    locate_differences(compared_, report_, options_.differences, stop_);
  }

  void throw_errors() const {
    if (has_error(findings_)) throw to_error(findings_);
  }

  const VerifyTableOptions& options_;
  const std::stop_token& stop_;
  ComparedSides compared_;
  std::vector<Finding> findings_;
  bool is_plain_target_ = false;  // a table, and no condition that settings could change
  VerifyReport report_;
};

}  // namespace
}  // namespace leat::jobs_detail

namespace leat {

VerifyTable::VerifyTable(VerifyTableOptions options) : options_(std::move(options)) {
  jobs_detail::validate_pair(options_.table);
  constexpr std::size_t most_differences = 10000;
  if (options_.differences > most_differences) {
    throw Error(ErrorKind::config, "differences must be at most 10000");
  }
  validate(StreamOptions{.limits = options_.limits});
}

VerifyReport VerifyTable::run(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] { return jobs_detail::Verification(options_, stop).run(); },
                                     "the comparison was stopped");
}

}  // namespace leat
