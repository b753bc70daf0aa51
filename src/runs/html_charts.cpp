#include "runs/html_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/detail/seconds.hpp"
#include "runs/html_text.hpp"

namespace leat::runs_detail {
namespace {

using detail::to_seconds;

struct Bar {
  double from = 0;  // parts of the drawing's width
  double length = 0;
  std::string_view css{};  // and the name of its pattern
};

std::string rect_of(const Bar& bar, int y, int height) {
  return "<rect x=\"" + html_percent(bar.from) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
         html_percent(bar.length) + "\" height=\"" + std::to_string(height) + "\" rx=\"2\" class=\"" +
         std::string(bar.css) + "\" fill=\"url(#p-" + std::string(bar.css) + ")\"/>";
}

/// `title` and `description` are read aloud in place of the drawing.
std::string drawing(const std::string& title, const std::string& description, int height,
                    const std::string& body) {
  return "<svg class=\"bar\" width=\"100%\" height=\"" + std::to_string(height) + "\" role=\"img\"><title>" +
         html_escaped(title) + "</title><desc>" + html_escaped(description) + "</desc>" + body + "</svg>";
}

/// About four steps of 1, 2 or 5 times a power of ten.
double step_of(double whole) {
  const double rough = whole / 4;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10.0 * power;
}

/// "5 s", where html_duration() has "5.00 s".
std::string seconds_of_axis(double seconds) {
  std::string text = html_duration(std::chrono::nanoseconds(std::llround(seconds * 1e9)));
  const auto zeros = text.find(".00 s");
  return zeros == std::string::npos ? text : text.erase(zeros, 3);
}

/// Lines at the steps of the time, and with their words if it is the axis.
std::string grid(double whole, bool with_words, int height) {
  std::string out;
  const double step = step_of(whole);
  constexpr double most = 1.001;
  for (double at = 0; at <= whole * most && out.size() < 10'000; at += step) {
    const std::string x = html_percent(at / whole);
    if (!with_words) {
      out += "<line class=\"grid\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"0\" y2=\"" +
             std::to_string(height) + "\"/>";
      continue;
    }
    // Words at the edges stay inside.
    constexpr double edge = 0.9;
    const std::string anchor = at == 0 ? "start" : at > whole * edge ? "end" : "middle";
    // What is too narrow for all of them has every other one.
    const bool is_odd = std::llround(at / step) % 2 == 1;
    out += "<text class=\"tick" + std::string(is_odd ? " odd" : "") + "\" x=\"" + x +
           "\" y=\"12\" text-anchor=\"" + anchor + "\">" + (at == 0 ? "0" : seconds_of_axis(at)) + "</text>";
  }
  return out;
}

std::string timeline_words(const HtmlRow& row) {
  switch (row.status) {
    case LoadStatus::waits:
      return "not begun, waits for " + row.waits_for;
    case LoadStatus::rolled_back:
      return "rolled back, since " + row.waits_for + " has failed";
    case LoadStatus::done_before:
      return "done by an earlier attempt of this run";
    case LoadStatus::cancelled:
      return row.was_begun ? "stopped after " + html_duration(row.elapsed) : "not begun before the stop";
    case LoadStatus::done:
    case LoadStatus::done_with_rejects:
    case LoadStatus::failed:
      break;
  }
  const std::string words(html_status(row.status).words);
  if (!row.was_begun) return words;
  return words + ", began after " + html_duration(row.begun) + ", took " + html_duration(row.elapsed);
}

std::string timeline_bar(const HtmlRow& row, double whole) {
  constexpr int height = 24;
  const double from = std::min(to_seconds(row.begun) / whole, 1.0);
  const bool has_length = row.was_begun && row.status != LoadStatus::done_before;
  std::string body = grid(whole, false, height);
  if (has_length) {
    constexpr double visible = 0.006;
    const double length = std::clamp(to_seconds(row.elapsed) / whole, visible, 1.0);
    body += rect_of({std::min(from, 1.0 - length), length, html_status(row.status).css}, row.is_part ? 7 : 4,
                    row.is_part ? 10 : 16);
  } else if (!row.is_part || row.status != LoadStatus::done_before) {
    // Where it would have begun.
    constexpr double inside = 0.985;
    body += "<circle cx=\"" + html_percent(std::clamp(from, 1.0 - inside, inside)) +
            "\" cy=\"12\" r=\"4\" class=\"mark " + std::string(html_status(row.status).css) + "\"/>";
  }
  return drawing(row.name, timeline_words(row), height, body);
}

std::string chart(const std::string& id, const std::string& title, const std::string& about,
                  const std::string& head, const std::string& body) {
  return "<section aria-labelledby=\"" + id + "\"><h2 id=\"" + id + "\">" + title +
         "</h2><p class=\"about\">" + about + "</p><table class=\"chart\"><thead><tr>" + head +
         "</tr></thead><tbody>" + body + "</tbody></table></section>\n";
}

std::string key(std::string_view css, const std::string& words) {
  return "<span class=\"key\"><svg width=\"16\" height=\"12\" aria-hidden=\"true\">" +
         rect_of({0, 1, css}, 0, 12) + "</svg>" + words + "</span>";
}

std::string row_of(const HtmlRow& row, const std::string& bar, const std::string& value) {
  return "<tr" + std::string(row.is_part ? " class=\"part\"" : "") + ">" + html_name_cell(row) + "<td>" +
         bar + "</td><td class=\"value\">" + value + "</td></tr>\n";
}

std::vector<HtmlRow> measured(const std::vector<HtmlRow>& rows) {
  std::vector<HtmlRow> loaded;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(loaded),
               [](const HtmlRow& row) { return row.report != nullptr; });
  return loaded;
}

double largest(const std::vector<HtmlRow>& rows, double (*value)(const JobReport&)) {
  double most = 0;
  for (const auto& row : rows) most = std::max(most, value(*row.report));
  return most > 0 ? most : 1;
}

std::string bytes_rate_text(const JobReport& report) {
  return format_bytes(ByteCount{static_cast<std::uint64_t>(std::llround(report.bytes_per_second()))}) + "/s";
}

}  // namespace

std::string html_patterns() {
  // Solid, dots, an outline, stripes of three directions and a dashed outline: they differ without colours.
  const auto pattern = [](const std::string& name, const std::string& lines, const std::string& turned = "") {
    return "<pattern id=\"p-" + name + "\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"" +
           (turned.empty() ? "" : " patternTransform=\"rotate(" + turned + ")\"") +
           "><rect width=\"8\" height=\"8\" class=\"ink " + name + "\"/>" + lines + "</pattern>";
  };
  const std::string stripe = "<rect width=\"3\" height=\"8\" class=\"gap\"/>";
  return "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>" + pattern("done", "") +
         pattern("rejects", "<circle cx=\"4\" cy=\"4\" r=\"1.7\" class=\"gap\"/>") +
         pattern("before", "<rect y=\"0\" width=\"8\" height=\"5\" class=\"gap\"/>") +
         pattern("failed", stripe, "45") + pattern("rolled", stripe, "-45") +
         pattern("waits", "<rect width=\"8\" height=\"8\" class=\"gap\"/>") + pattern("cancelled", stripe) +
         pattern("rows", "") + pattern("bytes", "<rect width=\"2\" height=\"8\" class=\"gap\"/>", "-45") +
         pattern("source", "") + pattern("target", "<rect width=\"3\" height=\"8\" class=\"gap\"/>", "45") +
         pattern("rest", "") + "</defs></svg>\n";
}

std::string html_name_cell(const HtmlRow& row) {
  std::string name;
  // It may be broken into lines there.
  for (const char c : html_escaped(row.name)) {
    name += c;
    if (c == '_' || c == '.') name += "<wbr>";
  }
  return "<th scope=\"row\">" + name + "</th>";
}

std::string html_badge(LoadStatus status, std::string_view words) {
  const HtmlStatus& shown = html_status(status);
  return "<span class=\"badge " + std::string(shown.css) + "\"><span aria-hidden=\"true\">" +
         std::string(shown.symbol) + "</span> " + std::string(words) + "</span>";
}

std::string html_timeline(const std::vector<HtmlRow>& rows, std::chrono::nanoseconds whole_time) {
  double whole = std::max(to_seconds(whole_time), 0.001);
  for (const auto& row : rows) whole = std::max(whole, to_seconds(row.begun + row.elapsed));
  std::string body;
  for (const auto& row : rows) {
    const bool has_length = row.was_begun && row.status != LoadStatus::done_before;
    const bool is_stopped_before = row.status == LoadStatus::cancelled && !row.was_begun;
    std::string value =
        html_badge(row.status, is_stopped_before ? "not begun" : html_status(row.status).words);
    if (has_length) value += "<br>" + html_duration(row.elapsed);
    if (row.attempts > 1) value += "<br>" + detail::counted(row.attempts, "attempt");
    if (row.status == LoadStatus::rolled_back) {
      value += "<br>since " + html_escaped(row.waits_for) + " has failed";
    }
    if (row.status == LoadStatus::waits) value += "<br>waits for " + html_escaped(row.waits_for);
    body += row_of(row, timeline_bar(row, whole), value);
  }
  const std::string axis =
      drawing("Time after the begin", "from 0 to " + seconds_of_axis(whole), 16, grid(whole, true, 16));
  return chart("timeline", "Timeline", "When each load began, and how long it was at work.",
               "<th scope=\"col\">Load</th><th scope=\"col\">" + axis + "</th><th scope=\"col\">Outcome</th>",
               body);
}

std::string html_throughput(const std::vector<HtmlRow>& all) {
  const auto rows = measured(all);
  if (rows.empty()) return {};
  const double most_rows = largest(rows, [](const JobReport& report) { return report.rows_per_second(); });
  const double most_bytes = largest(rows, [](const JobReport& report) { return report.bytes_per_second(); });
  std::string body;
  for (const auto& row : rows) {
    const std::string in_rows = html_rate(row.report->rows_per_second()) + " rows/s";
    const std::string in_bytes = bytes_rate_text(*row.report);
    body += row_of(row,
                   drawing(row.name, in_rows + ", " + in_bytes, 30,
                           rect_of({0, row.report->rows_per_second() / most_rows, "rows"}, 3, 11) +
                               rect_of({0, row.report->bytes_per_second() / most_bytes, "bytes"}, 16, 11)),
                   in_rows + "<br>" + in_bytes);
  }
  return chart(
      "throughput", "Throughput",
      "Of each load, from its begin to the end of its commit. The longest bar of each kind is the fastest "
      "load. <span class=\"keys\">" +
          key("rows", "rows a second") + key("bytes", "bytes a second") + "</span>",
      "<th scope=\"col\">Load</th><th scope=\"col\">Speed</th><th scope=\"col\">Figures</th>", body);
}

std::string html_waits(const std::vector<HtmlRow>& all) {
  const auto rows = measured(all);
  if (rows.empty()) return {};
  std::string body;
  for (const auto& row : rows) {
    const double source = to_seconds(row.report->waited_for_source);
    const double target = to_seconds(row.report->waited_for_target);
    const double whole = std::max({to_seconds(row.report->elapsed), source + target, 1e-9});
    const std::string words = "waited " + html_duration(row.report->waited_for_source) + " for the source, " +
                              html_duration(row.report->waited_for_target) + " for the target, of " +
                              html_duration(row.report->elapsed);
    // What is the slow side, if a good part of the time was waited.
    constexpr double much = 0.1;
    const std::string slow = std::max(source, target) < much * whole ? "neither"
                             : source >= target                      ? "the source"
                                                                     : "the target";
    body += row_of(
        row,
        drawing(row.name, words, 22,
                rect_of({0, source / whole, "source"}, 4, 14) +
                    rect_of({source / whole, target / whole, "target"}, 4, 14) +
                    rect_of({(source + target) / whole, 1 - (source + target) / whole, "rest"}, 4, 14)),
        slow + "<br>" + html_duration(row.report->waited_for_source) + " / " +
            html_duration(row.report->waited_for_target));
  }
  return chart(
      "waits", "Who waited for whom",
      "The share of each load's time in which the writer waited for rows of the source, and in which the "
      "reader waited for the target. <span class=\"keys\">" +
          key("source", "for the source") + key("target", "for the target") +
          key("rest", "at work, or before and after the rows") + "</span>",
      "<th scope=\"col\">Load</th><th scope=\"col\">Share of its time</th><th scope=\"col\">Slow side, "
      "source / target</th>",
      body);
}

}  // namespace leat::runs_detail
