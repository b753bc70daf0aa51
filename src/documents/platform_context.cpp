#include "documents/platform_context.hpp"

#include <utility>

#include "documents/native_nodes.hpp"
#include "documents/platform_parts.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::documents_detail {
namespace {

bool is_place(const std::string& url) {
  try {
    static_cast<void>(ConnectionTarget::parse(url));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void PlatformContext::comment(const std::string& at, const std::string& line) {
  std::string& text = comments[at];
  text += (text.empty() ? "" : "\n") + line;
}

void PlatformContext::left_out(const NodeEntry& entry, const std::string& part, const std::string& why,
                               Severity severity) {
  const std::string whole = path_of_key(part, entry.key);
  diagnostics.add({.place = entry.key_place,
                   .path = whole,
                   .code = "not-used",
                   .severity = severity,
                   .message = whole + " is not used: " + why});
  comment("", "left out: " + whole + ": " + why);
}

void PlatformContext::leave_out_sizes(const Node& mapping, const std::string& part) {
  for (const char* const key : {"batch_size", "chunk_size"}) {
    const NodeEntry* const entry = mapping.find(key);
    if (entry != nullptr) left_out(*entry, part, "batches are counted in bytes (batch_bytes, memory)");
  }
}

std::optional<Node> PlatformContext::text(const Node& mapping, const std::string& part, const char* key) {
  const Node* const node = reader.required(mapping, part, key);
  const std::string path = path_of_key(part, key);
  if (node == nullptr || !reader.require_text(*node, path)) return std::nullopt;
  if (node->text.find_first_not_of(" \t\r\n") != std::string::npos) return *node;
  reader.fault(node->place, path, "no-value", path + " is empty");
  return std::nullopt;
}

Node PlatformContext::database(const Node& mapping, const std::string& part, const char* key,
                               const char* variable, const char* name) {
  const std::string reference = std::string("${env:") + variable + "}";
  const NodeEntry* const entry = given(mapping, key);
  if (entry == nullptr) return text_node(reference, mapping.place);
  const std::string path = path_of_key(part, key);
  if (!reader.require_text(entry->value, path)) return {};
  DatabaseUrl url = database_url(entry->value);
  if (!url.other.empty()) {
    reader.fault(entry->value.place, path, "wrong-connection",
                 path + " is of " + url.other + ", and leat reads and writes PostgreSQL",
                 "write postgresql://user@host/database");
  }
  const bool is_whole = url.node.text.find("${") == std::string::npos;
  if (url.other.empty() && is_whole && !is_place(url.node.text)) {
    reader.fault(entry->value.place, path, "wrong-connection", path + " is no place to connect to",
                 "write postgresql://user@host/database");
  }
  if (url.has_password) {
    reader.secret_in_document(entry->value, path);
    comment(path_of_key("connections", name), "the password stands here: write " + reference + " instead");
  }
  return std::move(url.node);
}

}  // namespace leat::documents_detail
