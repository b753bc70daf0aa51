#include <nlohmann/json.hpp>

#include "leat/registry/transform_tests.hpp"
#include "registry/shown_rows.hpp"

namespace leat {
namespace registry_detail {
namespace {

using TestJson = nlohmann::ordered_json;

TestJson row_json(const std::vector<std::string>& columns, const TransformTestValues& values) {
  TestJson row = TestJson::object();
  for (std::size_t i = 0; i < columns.size() && i < values.size(); ++i) {
    row[columns[i]] = values[i] ? TestJson(*values[i]) : TestJson();
  }
  return row;
}

/// "id = 1: full_name is Ann, expected ANN".
std::string difference_line(const std::vector<std::string>& columns,
                            const TransformTestResult::Different& rows) {
  std::string same;
  std::string other;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (rows.expected[i] == rows.got[i]) {
      same += (same.empty() ? "" : ", ") + columns[i] + " = " + shown_value(rows.got[i]);
    } else {
      other += (other.empty() ? "" : "; ") + columns[i] + " is " + shown_value(rows.got[i]) + ", expected " +
               shown_value(rows.expected[i]);
    }
  }
  return same + ": " + other;
}

std::string details(const TransformTestResult& test) {
  // So many lines of each kind are shown.
  constexpr std::size_t most = 20;
  std::string text;
  if (!test.error.empty()) text += "  error: " + test.error + "\n";
  const auto tell = [&text](const auto& rows, const auto& line) {
    for (std::size_t i = 0; i < rows.size() && i < most; ++i) text += "  " + line(rows[i]) + "\n";
    if (rows.size() > most) text += "  and " + std::to_string(rows.size() - most) + " more\n";
  };
  tell(test.different, [&](const auto& rows) { return difference_line(test.columns, rows); });
  tell(test.missing, [&](const auto& row) { return "missing: " + shown_row(test.columns, row); });
  tell(test.unexpected, [&](const auto& row) { return "not expected: " + shown_row(test.columns, row); });
  return text;
}

}  // namespace
}  // namespace registry_detail

std::string to_text(const TransformTestReport& report) {
  if (report.tests.empty()) return "no tests\n";
  std::string text;
  for (const auto& test : report.tests) {
    text += test.name + ": " + (test.passed ? "passed" : "failed, " + test.place) + "\n";
    text += registry_detail::details(test);
  }
  const std::size_t failed = report.failed();
  const std::size_t all = report.tests.size();
  return text + (all == 1 ? "1 test" : std::to_string(all) + " tests") +
         (failed == 0 ? (all == 1 ? ", passed" : ", all passed")
                      : ", " + std::to_string(failed) + " failed") +
         "\n";
}

std::string to_json(const TransformTestReport& report) {
  using namespace registry_detail;
  TestJson tests = TestJson::array();
  for (const auto& test : report.tests) {
    const auto rows = [&test](const std::vector<TransformTestValues>& all) {
      TestJson list = TestJson::array();
      for (const auto& row : all) list.push_back(row_json(test.columns, row));
      return list;
    };
    TestJson different = TestJson::array();
    for (const auto& pair : test.different) {
      different.push_back(
          {{"expected", row_json(test.columns, pair.expected)}, {"got", row_json(test.columns, pair.got)}});
    }
    tests.push_back({{"name", test.name},
                     {"place", test.place},
                     {"passed", test.passed},
                     {"error", test.error.empty() ? TestJson() : TestJson(test.error)},
                     {"columns", test.columns},
                     {"different", std::move(different)},
                     {"missing", rows(test.missing)},
                     {"unexpected", rows(test.unexpected)}});
  }
  const TestJson all{{"failed", report.failed()}, {"tests", std::move(tests)}};
  return all.dump(-1, ' ', false, TestJson::error_handler_t::replace);
}

}  // namespace leat
