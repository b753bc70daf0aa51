#include "jobs/verify/load_verification.hpp"

#include "jobs/load/merge_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/refuse_if.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {
namespace {

// That an error tells.
constexpr std::size_t most_differences_told = 5;

std::string difference_list(const VerifyReport& report) {
  std::string text = text_list(
      report.differences, [](const auto& difference) { return to_text(difference); }, "; ");
  if (text.empty() && !report.ranges.empty()) text = to_text(report.ranges.front());
  return report.more ? text + "; and more" : text;
}

}  // namespace

void validate_verify(const StreamOptions& options, const Transform& transform) {
  refuse_if(options.verify && transform,
            "verify compares the target with the source, which a row hook makes differ",
            "leave one of them out");
}

std::string LoadVerification::remark() const {
  switch (mode) {
    case WriteMode::append:
      return "verify: rows of this load are compared with the source before the commit, by their number and "
             "a hash; that reads the whole table";
    case WriteMode::replace:
    case WriteMode::swap:
      return "verify: the table is compared with the source before the commit, by its number of rows and a "
             "hash";
    default:
      break;
  }
  return "verify: what was collected is compared with the source by its number of rows and a hash, and what "
         "was published with that, before the commit";
}

void LoadVerification::check_staged(const TableName& staging, const std::stop_token& stop) {
  // Else the table itself is compared.
  if (!uses_key(mode)) return;
  compare(staging.sql(), {}, "what was collected for " + table.name.display(), stop);
}

void LoadVerification::check_table(const Publication* publication, const std::stop_token& stop) {
  const std::string name = table.name.display();
  if (uses_key(mode)) {
    publication->check(stop);
    note += ", and " + name + " to what was collected, row by row";
  } else if (mode == WriteMode::append) {
    compare(postgres_detail::only_sql(table), is_of_this_transaction(""), "what was appended to " + name,
            stop);
  } else {
    compare(postgres_detail::only_sql(table), {}, name, stop);
  }
}

void LoadVerification::compare(const std::string& target_from, const std::string& target_where,
                               const std::string& what, const std::stop_token& stop) {
  ComparedSides sides = compared;
  sides.sides[1].from = target_from;
  sides.sides[1].where = target_where;
  VerifyReport report;
  prepare_sides(sides, table, {}, report, stop);
  std::array<Settings, 2> before;
  for (std::size_t i = 0; i < 2; ++i) before[i] = apply(*sides.sides[i].session, settings, stop);
  if (!count_both(sides, report, stop)) {
    locate_differences(sides, report, most_differences_told, stop);
    throw Error(
        ErrorKind::verify,
        what + " is not what the source has (" + std::to_string(report.target_rows) + " rows, and " +
            std::to_string(report.source_rows) + " in the source); nothing was committed",
        {.detail = difference_list(report),
         .hint = "look for triggers of the target that change rows, and for others that write to it"});
  }
  for (std::size_t i = 0; i < 2; ++i) apply(*sides.sides[i].session, before[i], stop);
  note = "verified: " + what + " is equal to the source by " + std::to_string(report.target_rows) +
         " rows and their hash";
}

}  // namespace leat::jobs_detail
