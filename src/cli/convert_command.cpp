#include "cli/convert_command.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"
#include "leat/documents/platform_document.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::cli {

CLI::App* add_convert_command(CLI::App& app, Arguments& arguments) {
  auto* convert = app.add_subcommand("convert",
                                     "Print a document of the Data Pipeline Platform (ingestion, "
                                     "transformation, persistence) as leat's own");
  convert->add_option("FILE", arguments.file, "The document, YAML or JSON")->required();
  convert->add_flag(
      "--fix", arguments.fix,
      "Write what is no SQL, or was taken otherwise than it reads, as it should be; a comment says "
      "what stood there");
  add_log_options(*convert, arguments);
  return convert;
}

int run_convert(const Arguments& arguments, const std::stop_token& stop) {
  require_file_path(arguments.file);
  const auto source = SourceText::of_file(arguments.file, stop);
  Diagnostics diagnostics;
  NativeDocument native;
  const auto root = read_document(source, diagnostics);
  if (root && !is_platform_document(*root)) {
    const bool is_native = root->find("leat") != nullptr;
    throw Error(
        ErrorKind::config,
        arguments.file + (is_native ? " is leat's own form already"
                                    : " has neither ingestion nor persistence: it is no document of the "
                                      "Data Pipeline Platform"));
  }
  if (root) {
    native = native_document(*root,
                             {.directory = std::filesystem::path(arguments.file).parent_path(),
                              .corrects = arguments.fix,
                              .stop = stop},
                             diagnostics);
  }
  if (!diagnostics.empty() && (diagnostics.has_error() || !arguments.quiet))
    print_error(to_text(diagnostics));
  if (diagnostics.has_error()) {
    throw Error(ErrorKind::config,
                arguments.file + (diagnostics.errors() == 1 ? " has an error" : " has errors") +
                    "; nothing was written",
                {.hint = arguments.fix ? "" : "--fix writes what is known"});
  }
  std::string text = to_yaml(native.document, native.comments);
  text.pop_back();  // the line break that print_json() writes
  print_json(text);
  return 0;
}

}  // namespace leat::cli
