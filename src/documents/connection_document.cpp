#include "documents/connection_document.hpp"

#include <utility>

#include "leat/postgres/session/detail/connection_pieces.hpp"

namespace leat::documents_detail {
namespace {

/// As a keyword string has it.
std::string keyword_value(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::optional<ResolvedConnection> connection_of(const Node& node, const std::string& name,
                                                const std::string& path, NodeReader& reader) {
  std::string text;
  std::optional<std::string> schema;
  if (node.kind == NodeKind::scalar) {
    text = node.text;
  } else if (node.kind == NodeKind::mapping) {
    for (const auto& entry : node.entries) {
      if (entry.value.kind != NodeKind::scalar || entry.key.starts_with("x-")) continue;
      if (entry.key == "schema") {
        schema = entry.value.text;
        continue;
      }
      const std::string keyword = entry.key == "database" ? "dbname" : entry.key;
      text += (text.empty() ? "" : " ") + keyword + "=" + keyword_value(entry.value.text);
    }
  } else {
    return std::nullopt;  // the fields' reader has told it
  }
  try {
    // A reference in a URI stands for one value, whatever characters it has.
    const bool has_pieces = node.kind == NodeKind::scalar && !node.pieces.empty();
    ResolvedConnection connection(has_pieces ? postgres_detail::target_of_pieces(node.pieces)
                                             : ConnectionTarget::parse(text));
    connection.label = name;
    connection.schema = std::move(schema);
    return connection;
  } catch (const Error& error) {
    const bool shows = !node.tainted && node.kind == NodeKind::mapping;
    reader.fault(
        node.place, path, "wrong-connection",
        path + " is no place to connect to" + (shows ? std::string(": ") + error.what() : ""),
        "write a URI (postgresql://user@host/db), a keyword string, or {host: …, database: …, user: …}");
    return std::nullopt;
  }
}

}  // namespace leat::documents_detail
