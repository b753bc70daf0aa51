#include <ostream>
#include <string>

#include "core/sql_place.hpp"
#include "leat/core/detail/printable.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"

namespace leat {
namespace {

using detail::add_line;
using detail::sql_place_text;
using detail::with_thousands;

/// What a job had done that has failed.
std::string work_text(const WorkDone& work) {
  if (work.rows_read == 0) return "";
  std::string text = with_thousands(work.rows_read) + " rows read, " + with_thousands(work.rows_written) +
                     " written, " + with_thousands(work.rows_committed) + " committed";
  if (work.slices_total > 1) {
    text += " (" + std::to_string(work.slices_done) + " of " + std::to_string(work.slices_total) + " slices)";
  }
  return text;
}

}  // namespace

std::string to_text(const Error& error) {
  std::string out;
  switch (error.kind()) {
    case ErrorKind::source:
      out += "source: ";
      break;
    case ErrorKind::target:
      out += "target: ";
      break;
    case ErrorKind::transform:
      out += "transform: ";
      break;
    case ErrorKind::verify:
      out += "verify: ";
      break;
    case ErrorKind::expectation:
      out += "expectation: ";
      break;
    case ErrorKind::config:
    case ErrorKind::cancelled:
      break;
  }
  if (!error.sqlstate().empty()) out.append(error.sqlstate()).append(": ");
  out.append(error.what()).append("\n");
  if (error.position() > 0) {
    out += sql_place_text(error.sql(), error.position());
  } else {
    add_line(out, "  sql", error.sql());
  }
  add_line(out, "  detail", error.detail());
  add_line(out, "  context", error.context());
  add_line(out, "  where", error.where());
  add_line(out, "  done", work_text(error.work()));
  add_line(out, "  hint", error.hint());
  return detail::printable(out);
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  const std::string text = to_text(error);
  return out << std::string_view(text).substr(0, text.size() - 1);
}

}  // namespace leat
