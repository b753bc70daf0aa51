#include "cli/field_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "cli/nearest.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/stream_fields.hpp"

namespace leat::cli {
namespace {

OptionDescription description_of(const std::string& path) {
  const auto all = option_descriptions(*stream_fields());
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.path == path; });
  if (found == all.end()) throw std::logic_error("no field is called " + path);
  return *found;
}

}  // namespace

void add_stream_field_option(CLI::App& command, const std::string& path,
                             const std::function<void(const FieldValue& value)>& take) {
  const OptionDescription option = description_of(path);
  const auto read = [option, take](const std::string& text) {
    const TextValue value = read_text_value(option.type, text, false);
    if (value.value) return take(*value.value);
    // Values of options are shown as the command shows all of them.
    throw CLI::ValidationError(
        option.name, value.fault + ", not " + shown(text) + (value.hint.empty() ? "" : "; " + value.hint));
  };
  auto* added = command.add_option_function<std::string>(option.name, read, option.help);
  added->type_name(option.value_name);
  if (!option.default_value.empty()) added->default_str(option.default_value);
}

}  // namespace leat::cli
