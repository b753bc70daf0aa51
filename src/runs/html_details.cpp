#include "runs/html_details.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "leat/core/detail/report_lines.hpp"
#include "runs/html_charts.hpp"
#include "runs/html_text.hpp"

namespace leat::runs_detail {
namespace {

using detail::counted;
using detail::with_thousands;

struct CountColumn {
  std::string_view title;
  std::optional<std::uint64_t> (*count)(const JobReport&);
  bool is_always = false;  // there, even if it is zero of all loads
};

constexpr CountColumn count_columns[] = {
    {"read", [](const JobReport& report) { return std::optional(report.rows_read); }, true},
    {"written", [](const JobReport& report) { return std::optional(report.rows_written); }, true},
    {"inserted", [](const JobReport& report) { return std::optional(report.rows_inserted); }},
    {"updated", [](const JobReport& report) { return std::optional(report.rows_updated); }},
    {"unchanged", [](const JobReport& report) { return std::optional(report.rows_unchanged); }},
    {"deleted", [](const JobReport& report) { return report.rows_deleted; }},
    {"superseded", [](const JobReport& report) { return std::optional(report.rows_superseded); }},
    {"dropped", [](const JobReport& report) { return std::optional(report.rows_dropped); }},
    {"added", [](const JobReport& report) { return std::optional(report.rows_added); }},
    {"suppressed", [](const JobReport& report) { return std::optional(report.rows_suppressed); }},
    {"rejected", [](const JobReport& report) { return std::optional(report.rows_rejected); }, true},
};

std::string count_cell(const std::optional<std::uint64_t>& count) {
  if (!count) return "<td class=\"number\">not counted</td>";
  return "<td class=\"number" + std::string(*count == 0 ? " zero" : "") + "\">" + with_thousands(*count) +
         "</td>";
}

bool has_report(const HtmlRow& row) {
  return row.report != nullptr;
}

void add_pair(std::string& out, const std::string& name, std::string_view text, const std::string& css = "") {
  if (text.empty()) return;
  out += "<dt>" + name + "</dt><dd" + (css.empty() ? "" : " class=\"" + css + "\"") + ">" +
         html_escaped(text) + "</dd>";
}

std::string article_of(const std::string& name, const Error& error, const std::string& css) {
  std::string out = "<article" + (css.empty() ? "" : " class=\"" + css + "\"") + "><h3>" +
                    html_escaped(name) + "</h3><p>" + html_escaped(to_string(error.kind())) +
                    (error.sqlstate().empty() ? "" : " " + html_escaped(error.sqlstate())) + ": <strong>" +
                    html_escaped(error.what()) + "</strong></p><dl>";
  add_pair(out, "Hint", error.hint(), "hint");
  add_pair(out, "Detail", error.detail());
  add_pair(out, "Where", error.where());
  add_pair(out, "Column", error.column());
  add_pair(out, "Constraint", error.constraint());
  add_pair(out, "Context", error.context());
  if (error.work().rows_read > 0) {
    add_pair(out, "Done",
             with_thousands(error.work().rows_read) + " rows read, " +
                 with_thousands(error.work().rows_committed) + " committed");
  }
  if (error.in_doubt()) add_pair(out, "In doubt", "the connection was lost while the target committed");
  add_pair(out, error.position() > 0 ? "SQL, at character " + std::to_string(error.position()) : "SQL",
           error.sql());
  return out + "</dl></article>\n";
}

std::string statements(const std::string& title, const std::vector<std::string>& all) {
  if (all.empty()) return {};
  std::string out = "<h4>" + title + "</h4><pre>";
  for (const auto& sql : all) out += html_escaped(sql) + ";\n";
  return out + "</pre>";
}

std::string listed(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  std::string out = "<ul class=\"remarks\">";
  for (const auto& text : texts) out += "<li>" + html_escaped(text) + "</li>";
  return out + "</ul>";
}

std::string columns_table(const std::vector<PlannedColumn>& columns) {
  if (columns.empty()) return {};
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Columns\"><table><thead><tr><th "
      "scope=\"col\">Column</th><th scope=\"col\">Source</th><th scope=\"col\">Target</th><th "
      "scope=\"col\">How</th></tr></thead><tbody>";
  for (const auto& column : columns) {
    out += "<tr><th scope=\"row\">" + html_escaped(column.name) + "</th><td>" +
           html_escaped(column.source_type) + "</td><td>" + html_escaped(column.target_type) + "</td><td>" +
           (column.how.empty() ? "as it is" : html_escaped(column.how)) + "</td></tr>";
  }
  return out + "</tbody></table></div>";
}

std::string plan_of_job(const JobPlan& plan) {
  std::vector<std::string> findings;
  for (const auto& finding : plan.findings) findings.push_back(to_text(finding));
  std::string out = "<p>" + html_escaped(plan.source) + " &#8594; " + html_escaped(plan.target) + "</p>";
  if (!plan.format.reason.empty()) {
    out += "<p class=\"about\">" + html_escaped(to_string(plan.format.format)) + ": " +
           html_escaped(plan.format.reason) + "</p>";
  }
  return out + listed(findings) + columns_table(plan.columns) +
         statements("SQL in the source", plan.source_sql) + statements("SQL in the target", plan.target_sql) +
         listed(plan.remarks);
}

std::string plan_of_load(const LoadPlan& load) {
  std::string facts;
  for (const auto& name : load.after) facts += (facts.empty() ? "after " : ", ") + name;
  if (load.plans.size() == 1 && !load.error) {
    facts += (facts.empty() ? "" : "; ") + counted(load.plans.front().columns.size(), "column");
  } else if (load.plans.size() > 1) {
    facts += (facts.empty() ? "" : "; ") + counted(load.plans.size(), "table");
  }
  std::string out = "<details><summary><strong>" + html_escaped(load.name) +
                    "</strong> <span class=\"soft\">" + html_escaped(facts) + "</span></summary>";
  if (load.error) out += article_of("There is no plan", *load.error, "");
  for (const auto& plan : load.plans) out += plan_of_job(plan);
  return out + listed(load.remarks) + "</details>\n";
}

}  // namespace

std::string html_counts(const std::vector<HtmlRow>& rows) {
  if (std::none_of(rows.begin(), rows.end(), has_report)) return {};
  std::vector<const CountColumn*> columns;
  for (const auto& column : count_columns) {
    const bool is_told = std::any_of(rows.begin(), rows.end(), [&](const HtmlRow& row) {
      return has_report(row) && column.count(*row.report).value_or(0) > 0;
    });
    if (column.is_always || is_told) columns.push_back(&column);
  }
  std::string out =
      "<section aria-labelledby=\"counts\"><h2 id=\"counts\">Rows</h2><p class=\"about\">What became of the "
      "rows, "
      "by the counts of both servers.</p><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-labelledby=\"counts\"><table><thead><tr><th scope=\"col\">Load</th>";
  for (const auto* const column : columns) {
    out += "<th scope=\"col\" class=\"number\">" + std::string(column->title) + "</th>";
  }
  out +=
      "<th scope=\"col\" class=\"number\">bytes</th><th scope=\"col\" class=\"number\">time</th></tr></thead>"
      "<tbody>";
  for (const auto& row : rows) {
    if (!has_report(row)) continue;
    out += "<tr" + std::string(row.is_part ? " class=\"part\"" : "") + ">" + html_name_cell(row);
    for (const auto* const column : columns) out += count_cell(column->count(*row.report));
    out += "<td class=\"number\">" + format_bytes(row.report->bytes_written) + "</td><td class=\"number\">" +
           html_duration(row.report->elapsed) + "</td></tr>\n";
  }
  return out + "</tbody></table></div></section>\n";
}

std::string html_errors(const std::vector<HtmlRow>& rows) {
  std::string out;
  for (const auto& row : rows) {
    if (row.error == nullptr) continue;
    out += article_of(row.name, *row.error, row.status == LoadStatus::cancelled ? "cancelled" : "");
  }
  if (out.empty()) return {};
  return "<section aria-labelledby=\"errors\"><h2 id=\"errors\">Errors</h2>" + out + "</section>\n";
}

std::string html_remarks(const RunReport& report) {
  std::string out = listed(report.remarks);
  const auto add = [&out](const std::string& name, const std::vector<std::string>& remarks) {
    if (!remarks.empty()) out += "<h3>" + html_escaped(name) + "</h3>" + listed(remarks);
  };
  for (const auto& load : report.loads) {
    if (!load.unusual.empty()) add(load.name + ": unusual", load.unusual);
    if (load.report) add(load.name, load.report->remarks);
    if (!load.tables) continue;
    add(load.name, load.tables->remarks);
    for (const auto& table : load.tables->tables) add(table.table, table.report.remarks);
  }
  if (out.empty()) return {};
  return "<section aria-labelledby=\"remarks\"><h2 id=\"remarks\">Remarks</h2>" + out + "</section>\n";
}

std::string html_plan(const RunPlan& plan) {
  if (plan.loads.empty()) return {};
  std::string out;
  for (const auto& load : plan.loads) out += plan_of_load(load);
  return "<section aria-labelledby=\"plan\"><h2 id=\"plan\">Plan</h2><p class=\"about\">Columns and SQL of "
         "each load, "
         "as planned before the run.</p>" +
         out + listed(plan.remarks) + "</section>\n";
}

}  // namespace leat::runs_detail
