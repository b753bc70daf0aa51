#include "runs/expectation_hook.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::runs_detail {
namespace {

using detail::rows_text;

bool holds(const std::string& op, std::uint64_t rows, std::uint64_t number) {
  if (op == ">") return rows > number;
  if (op == ">=") return rows >= number;
  if (op == "<") return rows < number;
  if (op == "<=") return rows <= number;
  return op == "==" ? rows == number : rows != number;
}

std::string column_list(const std::vector<std::string>& columns) {
  std::string list;
  for (const auto& column : columns) list += (list.empty() ? "" : ", ") + quote_identifier(column);
  return list;
}

std::string none_is_null(const std::vector<std::string>& columns) {
  std::string sql;
  for (const auto& column : columns)
    sql += (sql.empty() ? "" : " AND ") + quote_identifier(column) + " IS NOT NULL";
  return sql;
}

/// The query with output_data, which is the target's table.
std::string over_output(std::string_view sql, const std::string& table) {
  const std::string data = "output_data AS (SELECT * FROM " + table + ")";
  const auto begin = std::min(sql.find_first_not_of(" \t\r\n"), sql.size());
  const auto takes = [&](std::size_t at, std::string_view word) {
    const std::string_view there = sql.substr(std::min(at, sql.size()), word.size());
    return there.size() == word.size() &&
           std::equal(there.begin(), there.end(), word.begin(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }) &&
           at + word.size() < sql.size() &&
           std::isspace(static_cast<unsigned char>(sql[at + word.size()])) != 0;
  };
  if (!takes(begin, "with")) return "WITH " + data + "\n" + std::string(sql);
  const auto next = sql.find_first_not_of(" \t\r\n", begin + 4);
  if (!takes(next, "recursive")) return "WITH " + data + ", " + std::string(sql.substr(next));
  return "WITH RECURSIVE " + data + ", " + std::string(sql.substr(next + 9));
}

class Expectations {
 public:
  Expectations(const LoadDocument& load, const std::vector<EarlierLoad>& earlier, Connection& target,
               const JobReport& report, const std::stop_token& stop)
      : earlier_(earlier),
        target_(target),
        report_(report),
        stop_(stop),
        table_(TableName::parse(load.to.empty() ? load.from : load.to).sql()) {}

  /// Why one is not met; empty: it is.
  std::string fault(const Expectation& one) const {
    switch (one.kind) {
      case Expectation::Kind::rows:
        if (holds(one.op, report_.rows_read, one.number)) return {};
        return "the load has " + rows_text(report_.rows_read);
      case Expectation::Kind::rows_within:
        return of_earlier(one);
      case Expectation::Kind::sql:
        return of_sql(one);
      case Expectation::Kind::not_null: {
        const auto rows = count("SELECT pg_catalog.count(*) FROM " + table_ + " WHERE NOT (" +
                                none_is_null(one.columns) + ")");
        return rows == 0 ? "" : rows_text(rows) + (rows == 1 ? " has NULL" : " have NULL");
      }
      case Expectation::Kind::unique:
        break;
    }
    const auto rows = count("SELECT pg_catalog.count(*) FROM (SELECT FROM " + table_ + " WHERE " +
                            none_is_null(one.columns) + " GROUP BY " + column_list(one.columns) +
                            " HAVING pg_catalog.count(*) > 1) AS t");
    return rows == 0
               ? ""
               : detail::counted(rows, "value") + (rows == 1 ? " is" : " are") + " there more than once";
  }

 private:
  std::uint64_t count(const std::string& sql) const {
    return static_cast<std::uint64_t>(target_.execute_long(sql, {}, stop_).integer(0, 0));
  }

  std::string of_sql(const Expectation& one) const {
    const std::string sql = over_output(sql_without_end(one.sql), table_);
    Result found;
    try {
      found = target_.execute_long(sql, {}, stop_);
    } catch (const Error& error) {
      throw error.with_message("expect: " + std::string(error.what()) + " (" + to_text(one.place) + ")");
    }
    if (found.rows() != 1 || found.columns() != 1) {
      throw Error(
          ErrorKind::config,
          "expect: a query gives " + rows_text(found.rows()) + " of " +
              detail::counted(found.columns(), "column") + " (" + to_text(one.place) + ")",
          {.hint = "it is to give one row with true or false: SELECT count(*) = 0 FROM output_data WHERE …"});
    }
    if (!found.is_null(0, 0) && found.text(0, 0) == "t") return {};
    return found.is_null(0, 0) ? "it gives NULL" : "it gives " + std::string(found.text(0, 0));
  }

  std::string of_earlier(const Expectation& one) const {
    std::vector<std::uint64_t> rows;
    for (const auto& load : earlier_) {
      if (rows.size() < one.of_last) rows.push_back(load.rows);
    }
    // With what the first run came to there is nothing to compare it.
    if (rows.empty()) return {};
    const std::uint64_t middle = median(rows);
    const std::uint64_t far =
        report_.rows_read > middle ? report_.rows_read - middle : middle - report_.rows_read;
    if (far * 100 <= middle * one.per_cent) return {};
    return "the load has " + rows_text(report_.rows_read) + ", and the middle of the last " +
           detail::counted(rows.size(), "run") + " is " + detail::with_thousands(middle);
  }

  const std::vector<EarlierLoad>& earlier_;
  Connection& target_;
  const JobReport& report_;
  const std::stop_token& stop_;
  const std::string table_;
};

}  // namespace

ReportHook expectation_hook(const LoadDocument& load, std::vector<EarlierLoad> earlier) {
  if (load.expect.empty()) return {};
  return [&load, earlier = std::move(earlier)](Connection& target, const JobReport& report,
                                               const std::stop_token& stop) {
    const Expectations expectations(load, earlier, target, report, stop);
    std::string faults;
    std::size_t count = 0;
    for (const auto& one : load.expect) {
      const std::string fault = expectations.fault(one);
      if (fault.empty()) continue;
      ++count;
      faults += (faults.empty() ? "" : "; ") + one.text + ": " + fault;
    }
    if (count == 0) return;
    throw Error(ErrorKind::expectation,
                (count == 1 ? "an expectation is not met: "
                            : detail::counted(count, "expectation") + " are not met: ") +
                    faults,
                {.hint = "nothing of this load was committed"});
  };
}

}  // namespace leat::runs_detail
