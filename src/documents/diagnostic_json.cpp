#include <nlohmann/json.hpp>
#include <set>

#include "leat/documents/diagnostic.hpp"
#include "leat/version.hpp"

namespace leat {
namespace {

using nlohmann::ordered_json;

// What a document holds that is no UTF-8 is in no message; names of files may be.
std::string dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string file_of(const Diagnostic& one) {
  return one.place.source ? one.place.source->name() : std::string();
}

std::string with_hint(const Diagnostic& one) {
  return one.message + (one.hint.empty() ? "" : " (" + one.hint + ")");
}

/// A text as the value of an annotation, and as its message, which may have colons and commas.
std::string annotation_text(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (is_property && c == ':') {
      out += "%3A";
    } else if (is_property && c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

ordered_json sarif_result(const Diagnostic& one) {
  ordered_json result;
  result["ruleId"] = one.code;
  result["level"] = to_string(one.severity);
  result["message"]["text"] = with_hint(one);
  ordered_json physical;
  physical["artifactLocation"]["uri"] = file_of(one);
  if (one.place.line > 0) {
    physical["region"] = {{"startLine", one.place.line},
                          {"startColumn", one.place.column},
                          {"endColumn", one.place.column + one.place.length}};
  }
  ordered_json location;
  location["physicalLocation"] = physical;
  if (!one.path.empty()) location["logicalLocations"] = {{{"fullyQualifiedName", one.path}}};
  result["locations"] = ordered_json::array({location});
  return result;
}

}  // namespace

std::string to_json(const Diagnostics& diagnostics) {
  ordered_json list = ordered_json::array();
  const auto known = [](std::size_t number) { return number > 0 ? ordered_json(number) : ordered_json(); };
  for (const auto& one : diagnostics.in_order()) {
    ordered_json object;
    object["file"] = file_of(one);
    object["line"] = known(one.place.line);
    object["column"] = known(one.place.column);
    object["length"] = known(one.place.length);
    object["path"] = one.path;
    object["code"] = one.code;
    object["severity"] = to_string(one.severity);
    object["message"] = one.message;
    object["hint"] = one.hint;
    list.push_back(std::move(object));
  }
  return dump(list);
}

std::string to_github(const Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.in_order()) {
    out += one.severity == Severity::note ? "::notice" : "::" + std::string(to_string(one.severity));
    out += " file=" + annotation_text(file_of(one), true);
    if (one.place.line > 0) {
      out += ",line=" + std::to_string(one.place.line) + ",col=" + std::to_string(one.place.column) +
             ",endColumn=" + std::to_string(one.place.column + one.place.length);
    }
    out += ",title=" + annotation_text(one.code, true) + "::" + annotation_text(with_hint(one), false) + "\n";
  }
  return out;
}

std::string to_sarif(const Diagnostics& diagnostics) {
  const auto all = diagnostics.in_order();
  std::set<std::string> codes;
  for (const auto& one : all) codes.insert(one.code);
  ordered_json driver;
  driver["name"] = "leat";
  driver["version"] = version();
  driver["rules"] = ordered_json::array();
  for (const auto& code : codes) driver["rules"].push_back({{"id", code}});
  ordered_json run;
  run["tool"]["driver"] = driver;
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = ordered_json::array();
  for (const auto& one : all) run["results"].push_back(sarif_result(one));
  ordered_json log;
  log["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  log["version"] = "2.1.0";
  log["runs"] = ordered_json::array({run});
  return dump(log);
}

}  // namespace leat
