#include <sstream>
#include <string_view>

#include "cli/clone_parts.hpp"

namespace leat::cli {
namespace {

constexpr std::string_view name_begins = "-- Name: ";

/// "-- Name: a_v; Type: INDEX; Schema: public; Owner: leat" as "INDEX public a_v". The words from the end:
/// the name may hold whatever.
std::string part_of_heading(std::string_view line) {
  line.remove_prefix(name_begins.size());
  const auto cut_behind = [&line](std::string_view word) {
    const auto at = line.rfind(word);
    if (at == std::string_view::npos) return std::string();
    const std::string value(line.substr(at + word.size()));
    line = line.substr(0, at);
    return value;
  };
  static_cast<void>(cut_behind("; Owner: "));
  const std::string schema = cut_behind("; Schema: ");
  const std::string type = cut_behind("; Type: ");
  return type + " " + schema + " " + std::string(line);
}

/// What depends on the thing before it, and what belongs to no thing.
bool is_between(std::string_view line) {
  return line.starts_with("SET default_table") || line.starts_with("\\restrict") ||
         line.starts_with("\\unrestrict") || line.starts_with("-- Completed ") ||
         line == "-- PostgreSQL database dump complete";
}

void strip_end(std::string& text) {
  while (text.ends_with("\n") || text.ends_with("\n--")) text.resize(text.size() - 1);
}

}  // namespace

CloneParts parts_of_script(const std::string& script) {
  CloneParts parts;
  std::istringstream lines(script);
  std::string* part = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name_begins)) {
      part = &parts[part_of_heading(line)];
      // The owner and the tablespace stand here.
      *part += line + "\n";
    } else if (part != nullptr && !is_between(line)) {
      *part += line + "\n";
    }
  }
  for (auto& [name, text] : parts) strip_end(text);
  return parts;
}

}  // namespace leat::cli
