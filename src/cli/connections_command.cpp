#include "cli/connections_command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command_context.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"

namespace leat::cli {
namespace {

std::string connection_text(const KnownConnection& known) {
  std::string text = known.id + ": " + known.file + ", line " + std::to_string(known.line) + "\n";
  if (!known.place.empty()) text += "  " + known.place + "\n";
  if (known.schema && !known.schema->empty()) text += "  schema: " + *known.schema + "\n";
  for (const auto& [key, references] : known.references) text += "  " + key + " from " + references + "\n";
  return text;
}

std::string connections_text(const std::vector<KnownConnection>& all) {
  if (all.empty()) {
    return "no connection ids: name a file of them with --connections or LEAT_CONNECTIONS, or write "
           "~/.config/leat/connections.json\n";
  }
  std::string text;
  for (const auto& known : all) text += connection_text(known);
  return text;
}

std::string connections_json(const std::vector<KnownConnection>& all) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& known : all) {
    nlohmann::ordered_json one{
        {"id", known.id}, {"file", known.file}, {"line", known.line}, {"place", known.place}};
    one["schema"] = known.schema ? nlohmann::ordered_json(*known.schema) : nlohmann::ordered_json();
    one["references"] = nlohmann::ordered_json::object();
    for (const auto& [key, references] : known.references) one["references"][key] = references;
    list.push_back(std::move(one));
  }
  const nlohmann::ordered_json document{{"connections", std::move(list)}};
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

CLI::App* add_connections_command(CLI::App& app, Arguments& arguments) {
  auto* connections =
      app.add_subcommand("connections", "List the connection ids, and where each comes from; no secrets");
  add_connections_option(*connections, arguments);
  add_output_option(*connections, arguments, "text or json");
  add_log_options(*connections, arguments);
  connections->footer(
      "Without --connections the file is the one that LEAT_CONNECTIONS names, else "
      "$XDG_CONFIG_HOME/leat/connections.json, else ~/.config/leat/connections.json.");
  return connections;
}

int run_connections(const Arguments& arguments, const std::stop_token& stop) {
  const auto [log, connections] = open_context(arguments, stop);
  const auto known = connections.known();
  print_report(arguments.output, connections_json(known), connections_text(known));
  return 0;
}

}  // namespace leat::cli
