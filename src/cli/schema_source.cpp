#include "cli/schema_source.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/limit_options.hpp"
#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "leat/registry/schema_document.hpp"
#include "leat/registry/table_schema.hpp"

namespace leat::cli {
namespace {

constexpr const char* from_option = "--from";

/// The last ':' that is not in quotes, behind which a table's name stands.
std::size_t colon_in(std::string_view text) {
  std::size_t found = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ':' && !quoted) found = i;
  }
  return found;
}

bool is_file(std::string_view text) {
  const bool has_ending = text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json");
  return has_ending || colon_in(text) == std::string_view::npos;
}

RegisteredSchema schema_of_file(const std::string& path, const std::stop_token& stop) {
  require_file_path(path);
  Diagnostics diagnostics;
  auto schema = read_schema_file(path, diagnostics, stop);
  if (!diagnostics.empty()) print_error(to_text(diagnostics));
  if (schema) return std::move(*schema);
  throw Error(ErrorKind::config,
              path + (diagnostics.errors() == 1 ? " has an error" : " has errors") + "; nothing was done");
}

RegisteredSchema schema_of_live_table(const Arguments& arguments, const CommandContext& context,
                                      const std::stop_token& stop) {
  const std::string& text = arguments.from;
  const std::size_t colon = colon_in(text);
  TableName table;
  try {
    table = TableName::parse(std::string_view(text).substr(colon + 1));
  } catch (const Error&) {
    throw Error(
        ErrorKind::config, "--from is neither a file nor a table of a connection",
        {.hint =
             "write --from CONNECTION:TABLE, such as shop:public.orders, or name a file of YAML or JSON"});
  }
  const auto where = resolved(context.connections, from_option, text.substr(0, colon));
  JobLimits limits;
  set_limits(limits, arguments);
  SessionOptions session{.side = ErrorKind::source,
                         .log = context.log,
                         .connect_timeout = limits.connect_timeout,
                         .lock_timeout = limits.lock_timeout,
                         .statement_timeout = limits.statement_timeout};
  if (limits.silence_timeout) session.silence_timeout = *limits.silence_timeout;
  if (where.schema) session.search_path = quote_identifier(*where.schema);
  try {
    Connection connection = Connection::open(where.target, std::move(session), stop);
    return read_table_schema(connection, table, {}, stop);
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, "it was stopped");
  }
}

}  // namespace

GivenSchema read_given_schema(const Arguments& arguments, const CommandContext& context,
                              const std::stop_token& stop) {
  if (!is_file(arguments.from)) {
    return {schema_of_live_table(arguments, context, stop), SchemaOrigin::table};
  }
  return with_option_name(from_option, [&] {
    return GivenSchema{schema_of_file(arguments.from, stop), SchemaOrigin::declared};
  });
}

}  // namespace leat::cli
