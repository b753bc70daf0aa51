#include "cli/init_document.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "leat/core/detail/printable.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/version.hpp"

namespace leat::cli {
namespace {

using leat::detail::counted;

bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 8> words{"true", "false", "null", "yes",
                                                         "no",   "on",    "off",  "y"};
  if (text.size() < 2 || std::find(words.begin(), words.end(), text) != words.end()) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '.';
         });
}

/// In one line, whatever it holds.
std::string comment_text(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return leat::detail::printable(line);
}

/// Lines of a comment that are no wider than a page.
void add_comment(std::string& out, const std::string& indent, std::string_view text) {
  constexpr std::size_t width = 100;
  std::string rest = comment_text(text);
  while (!rest.empty()) {
    std::size_t end = rest.size();
    if (end > width) {
      end = rest.rfind(' ', width);
      if (end == std::string::npos || end == 0) end = std::min(rest.find(' '), rest.size());
    }
    out += indent + "# " + rest.substr(0, end) + "\n";
    rest.erase(0, std::min(end + 1, rest.size()));
  }
}

std::string size_text(const InitTable& table) {
  const std::string rows =
      table.rows ? "about " + leat::detail::rows_text(*table.rows) : "rows not yet counted";
  return rows + ", " + format_bytes(table.size);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The column by which what is new could be told; null if there is none.
const InitColumn* changed_column(const InitTable& table) {
  static constexpr std::array<std::string_view, 8> names{"updated_at",   "changed_at",    "modified_at",
                                                         "last_updated", "last_modified", "updated",
                                                         "changed",      "modified"};
  for (const auto name : names) {
    for (const auto& column : table.columns) {
      if (column.name == name && column.type.starts_with("timestamp")) return &column;
    }
  }
  return nullptr;
}

const InitColumn* counting_column(const InitTable& table) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [](const InitColumn& column) { return column.counts && column.is_key; });
  return found == table.columns.end() ? nullptr : &*found;
}

bool looks_personal(const InitColumn& column) {
  static constexpr std::array<std::string_view, 6> parts{"email", "e_mail", "phone",
                                                         "iban",  "ssn",    "passport"};
  if (column.type != "text" && column.type != "character varying") return false;
  return std::any_of(parts.begin(), parts.end(), [&](auto part) { return contains(column.name, part); });
}

std::vector<std::string> key_of(const InitTable& table) {
  std::vector<std::string> key;
  for (const auto& column : table.columns) {
    if (column.is_key) key.push_back(column.name);
  }
  return key;
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? ", " : "") + yaml_text(text);
  return out + "]";
}

/// Each table behind those that it references, as far as they do not do so in a circle.
class LoadOrder {
 public:
  explicit LoadOrder(const InitSurvey& survey) : survey_(survey), states_(survey.tables.size()) {
    for (std::size_t i = 0; i < survey.tables.size(); ++i) visit(i);
  }

  [[nodiscard]] const std::vector<std::size_t>& order() const { return order_; }

 private:
  enum class State { unseen, open, placed };

  /// A chain of references may be long, so there is no recursion.
  void visit(std::size_t first) {
    std::vector<std::pair<std::size_t, std::size_t>> path;  // tables, and their next reference
    const auto open = [&](std::size_t table) {
      if (states_[table] != State::unseen) return;
      states_[table] = State::open;
      path.emplace_back(table, 0);
    };
    open(first);
    while (!path.empty()) {
      auto& [table, next] = path.back();
      const auto& references = survey_.tables[table].references;
      if (next < references.size()) {
        open(references[next++]);
        continue;
      }
      states_[table] = State::placed;
      order_.push_back(table);
      path.pop_back();
    }
  }

  const InitSurvey& survey_;
  std::vector<State> states_;
  std::vector<std::size_t> order_;
};

/// The load of one table, with what is suggested for it.
std::string load_text(const InitDocument& document, const std::vector<std::string>& names, std::size_t number,
                      const std::set<std::size_t>& before) {
  const InitTable& table = document.survey.tables[number];
  const auto key = key_of(table);
  std::string out =
      "  - name: " + yaml_text(names[number]) + "\n    from: " + yaml_text(table.name.display()) + "\n";
  if (key.empty()) {
    out += "    mode: replace  # it has no primary key, so all rows are replaced, in one transaction\n";
  } else {
    out += "    mode: upsert  # by its primary key, " + comment_text(listed(key)) +
           "; rows that the source deletes stay: sync removes them\n";
  }
  if (!table.inheritance.empty()) {
    out += "    inheritance: " + table.inheritance + "  # other tables inherit from it\n";
  }
  std::vector<std::string> after;
  std::vector<std::string> in_circle;
  for (const std::size_t one : table.references) {
    if (document.refused.contains(one)) continue;
    (before.contains(one) ? after : in_circle).push_back(names[one]);
  }
  if (!after.empty()) out += "    after: " + listed(after) + "  # it references them\n";
  if (!in_circle.empty()) {
    out += "    # It references " + comment_text(listed(in_circle)) +
           " in a circle, and waits for none of them.\n";
  }
  if (const auto* const changed = changed_column(table)) {
    out += "    # incremental: {column: " + yaml_text(changed->name) + ", lag: 10min}  # only what is new\n";
  } else if (const auto* const counting = counting_column(table)) {
    out +=
        "    # incremental: {column: " + yaml_text(counting->name) + "}  # if its rows are never changed\n";
  }
  for (const auto& column : table.columns) {
    if (!looks_personal(column)) continue;
    out += "    # map: {" + yaml_text(column.name) + ": " +
           yaml_text("md5(" + display_identifier(column.name) + ")") + "}  # it looks personal\n";
  }
  return out + "    # expect: [rows > 0]\n";
}

std::string as_comment(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    out += "  #" + text.substr(begin + 1, end - begin);
    begin = end + 1;
  }
  return out;
}

std::string head_of(const InitDocument& document) {
  ByteCount size;
  for (const auto& table : document.survey.tables) size = size + table.size;
  std::string out = "# " + counted(document.survey.tables.size(), "table") + ", " + format_bytes(size) +
                    " in all. Written by leat " + std::string(version()) +
                    " init, to be changed as you like.\n"
                    "#   leat validate FILE --connect   tells what stands against it\n"
                    "#   leat plan FILE                 tells what a run would do\n"
                    "#   leat run FILE                  loads the tables\nleat: 1\n\n";
  std::string connections;
  for (const auto* const one : {&document.source, &document.target}) {
    if (!one->remark.empty()) add_comment(connections, "  ", one->remark);
    if (!one->definition.empty()) connections += "  " + yaml_text(one->name) + ": " + one->definition + "\n";
  }
  // A remark alone is no mapping.
  const bool has_one = !document.source.definition.empty() || !document.target.definition.empty();
  if (!connections.empty()) out += (has_one ? "connections:\n" : "") + connections + "\n";
  return out + "source: " + yaml_text(document.source.name) + "\ntarget: " + yaml_text(document.target.name) +
         "\n\ndefaults:\n  create: full  # tables that the target lacks are made, with keys and indexes\n\n";
}

}  // namespace

std::string yaml_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {  // U+0080 to U+009F
      out.append("\\x").append(1, digits[next >> 4U]).append(1, digits[next & 15U]);
      ++i;
    } else if (text[i] == '"' || text[i] == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    } else {
      if (text.substr(i).starts_with("${")) out += '$';
      out += text[i];
    }
  }
  return out + "\"";
}

InitConnection init_connection(const std::string& name, const ConnectionTarget& place,
                               const std::string& variable) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> fields{
      {{"host", "host"},
       {"port", "port"},
       {"dbname", "database"},
       {"user", "user"},
       {"password", "password"},
       {"sslmode", "sslmode"},
       {"sslrootcert", "sslrootcert"},
       {"options", "options"}}};
  InitConnection connection{.name = name};
  std::string others;
  for (const auto& [keyword, field] : fields) {
    const std::string_view value = place.get(keyword);
    if (value.empty()) continue;
    const bool is_secret = keyword == "password";
    if (is_secret) {
      connection.remark =
          "The password of " + name + " is not written here: set the variable " + variable + " to it.";
    }
    const bool is_number = keyword == "port" && std::all_of(value.begin(), value.end(),
                                                            [](char c) { return c >= '0' && c <= '9'; });
    connection.definition += (connection.definition.empty() ? "{" : ", ") + std::string(field) + ": " +
                             (is_secret   ? "\"${env:" + variable + "}\""
                              : is_number ? std::string(value)
                                          : yaml_text(value));
  }
  for (const auto& [keyword, value] : place.parameters()) {
    const bool is_field = std::any_of(fields.begin(), fields.end(), [&keyword = keyword](const auto& field) {
      return field.first == keyword;
    });
    if (!is_field) others += (others.empty() ? "" : ", ") + keyword;
  }
  connection.definition = connection.definition.empty() ? "\"\"" : connection.definition + "}";
  if (!others.empty()) {
    connection.remark += (connection.remark.empty() ? "" : " ") + std::string("Of ") + name +
                         " this is not written here, since documents have no key for it: " + others +
                         ". An entry of the connections file, or libpq's environment, has it.";
  }
  return connection;
}

std::vector<std::string> init_load_names(const InitSurvey& survey) {
  std::map<std::string, std::size_t> counts;
  for (const auto& table : survey.tables) ++counts[table.name.name];
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const auto& table : survey.tables) {
    std::string name =
        counts[table.name.name] > 1 ? table.name.schema + "." + table.name.name : table.name.name;
    for (char& c : name) {
      const bool is_kept = static_cast<unsigned char>(c) >= 0x80 ||
                           std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
      if (!is_kept) c = '_';
    }
    const std::string plain = name;
    for (int i = 2; !taken.insert(name).second; ++i) name = plain + "_" + std::to_string(i);
    names.push_back(std::move(name));
  }
  return names;
}

std::string init_text(const InitDocument& document) {
  const InitSurvey& survey = document.survey;
  const auto names = init_load_names(survey);
  std::string out = head_of(document) + "loads:\n";
  std::set<std::size_t> before;
  const LoadOrder order(survey);
  for (const std::size_t number : order.order()) {
    const InitTable& table = survey.tables[number];
    const auto refused = document.refused.find(number);
    out += "\n";
    if (refused != document.refused.end()) {
      add_comment(out, "  ", table.name.display() + " cannot be loaded: " + refused->second);
      out += as_comment(load_text(document, names, number, before));
      continue;
    }
    add_comment(
        out, "  ",
        table.name.display() + (table.kind.empty() ? "" : ", a " + table.kind) + ": " + size_text(table));
    if (table.kind == "partitioned table") {
      add_comment(out, "  ", "It is read as one. If it is made, it is an ordinary table of all rows.");
    }
    out += load_text(document, names, number, before);
    before.insert(number);
  }
  if (survey.left_out.empty()) return out;
  out += "\n# Left out:\n";
  for (const auto& text : survey.left_out) add_comment(out, "", text);
  return out;
}

}  // namespace leat::cli
