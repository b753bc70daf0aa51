#include "runs/load_history.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "runs/run_record.hpp"

namespace leat::runs_detail {
namespace {

constexpr std::size_t least_runs = 3;

std::vector<std::uint64_t> numbers_of(const std::vector<EarlierLoad>& earlier,
                                      std::uint64_t EarlierLoad::*member) {
  std::vector<std::uint64_t> numbers;
  for (const auto& one : earlier) numbers.push_back(one.*member);
  return numbers;
}

std::string range_text(const std::vector<std::uint64_t>& numbers, const std::string& runs,
                       const std::function<std::string(std::uint64_t)>& text) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  return "the last " + runs + " had " + text(*least) + (*least == *most ? "" : " to " + text(*most));
}

}  // namespace

std::vector<std::string> last_runs(Connection& session, const std::string& document,
                                   const std::stop_token& stop) {
  const std::array<Parameter, 1> name{document};
  const Result found = session.execute(
      "SELECT id FROM leat_meta.runs WHERE document = $1 ORDER BY id DESC LIMIT 11", name, stop);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < found.rows(); ++i) ids.emplace_back(found.text(i, 0));
  return ids;
}

LoadHistory history_of(Connection& target, const std::vector<std::string>& runs,
                       const std::vector<std::string>& loads, const std::stop_token& stop) {
  if (runs.empty()) return {};
  std::map<std::string, std::string> names;  // of jobs, with their loads
  for (const auto& id : runs) {
    for (const auto& load : loads) names.emplace(job_prefix(id) + load, load);
  }
  std::vector<std::string> jobs;
  for (const auto& name : names) jobs.push_back(name.first);
  const std::array<Parameter, 1> asked{postgres_detail::text_array(jobs)};
  const Result found = target.execute(
      "SELECT name, (report ->> 'rows_read')::pg_catalog.int8, (report ->> 'bytes_read')::pg_catalog.int8, "
      "(report ->> 'rows_rejected')::pg_catalog.int8 FROM leat_meta.jobs WHERE name = "
      "ANY($1::pg_catalog.text[]) AND "
      "state = 'done' AND report ? 'rows_read' ORDER BY name DESC",
      asked, stop);
  LoadHistory history;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    history[names.at(std::string(found.text(i, 0)))].push_back(
        {.rows = static_cast<std::uint64_t>(found.integer(i, 1)),
         .bytes = static_cast<std::uint64_t>(found.integer(i, 2)),
         .rejected = static_cast<std::uint64_t>(found.integer(i, 3))});
  }
  return history;
}

std::uint64_t median(std::vector<std::uint64_t> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>((numbers.size() - 1) / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

std::vector<std::string> unusual_of(const JobReport& report, const std::vector<EarlierLoad>& earlier) {
  std::vector<std::string> told;
  if (earlier.size() < least_runs) return told;
  const std::string runs = detail::counted(earlier.size(), "run");
  const auto rows_text = [](std::uint64_t rows) { return detail::rows_text(rows); };
  const auto is_far = [](std::uint64_t number, std::uint64_t middle) {
    return number > 2 * middle || 2 * number < middle;
  };
  const auto rows = numbers_of(earlier, &EarlierLoad::rows);
  if (is_far(report.rows_read, median(rows))) {
    told.push_back("unusual: " + rows_text(report.rows_read) + "; " + range_text(rows, runs, rows_text));
  } else {
    const auto bytes = numbers_of(earlier, &EarlierLoad::bytes);
    if (is_far(report.bytes_read.count(), median(bytes))) {
      const auto text = [](std::uint64_t count) { return format_bytes(ByteCount{count}); };
      told.push_back("unusual: " + text(report.bytes_read.count()) + "; " + range_text(bytes, runs, text));
    }
  }
  const auto rejected = numbers_of(earlier, &EarlierLoad::rejected);
  if (report.rows_rejected > 2 * *std::max_element(rejected.begin(), rejected.end())) {
    told.push_back("unusual: " + rows_text(report.rows_rejected) + " rejected; " +
                   range_text(rejected, runs, rows_text));
  }
  return told;
}

}  // namespace leat::runs_detail
