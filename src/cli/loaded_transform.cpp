#include "cli/loaded_transform.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli/limit_options.hpp"
#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::cli {

bool names_file(const std::string& word) {
  return word.find_first_of("./") != std::string::npos;
}

TransformLoader::TransformLoader(const Arguments& arguments, const CommandContext& context)
    : arguments_(arguments), context_(context) {
  if (!arguments.store.empty()) store_ = resolved(context.connections, "--store", arguments.store);
}

const ResolvedConnection& TransformLoader::store() const {
  if (store_) return *store_;
  throw Error(ErrorKind::config, "it is not known where transforms are registered",
              {.hint = "name that database: --store C"});
}

TransformRegistry& TransformLoader::registry() {
  if (!registry_) {
    TransformRegistryOptions options{.store = store(), .log = context_.log};
    set_limits(options.limits, arguments_);
    registry_.emplace(std::move(options));
    pins_.emplace(*registry_);
  }
  return *registry_;
}

TransformSources TransformLoader::sources(const std::string& file, const std::stop_token& stop) {
  return {.find =
              [this, stop](const std::string& reference) {
                static_cast<void>(registry());
                return pins_->find(reference, stop);
              },
          .references = {.directory = std::filesystem::path(file).parent_path(), .stop = stop}};
}

LoadedTransform TransformLoader::load(const std::string& word, const std::stop_token& stop) {
  if (names_file(word)) return load_file(word, stop);
  auto found = registry().find(TransformReference::parse(word), stop);
  LoadedTransform loaded{.label = found.reference(), .text = found.text, .input = std::move(found.input)};
  read(loaded, std::make_shared<const SourceText>(loaded.label, std::move(found.text)), "", stop);
  return loaded;
}

LoadedTransform TransformLoader::load_file(const std::string& file, const std::stop_token& stop) {
  require_file_path(file);
  const auto source = SourceText::of_file(file, stop);
  LoadedTransform loaded{.label = file, .text = std::string(source->text())};
  read(loaded, source, file, stop);
  return loaded;
}

void TransformLoader::read(LoadedTransform& loaded, const std::shared_ptr<const SourceText>& source,
                           const std::string& file, const std::stop_token& stop) {
  Diagnostics diagnostics;
  if (auto root = read_document(source, diagnostics)) {
    loaded.normal = normal_transform(*root);
    const auto more = sources(file, stop);
    substitute(*root, more.references, diagnostics);
    loaded.document = read_transforms(*root, "", diagnostics, more);
  }
  if (!diagnostics.empty() && (diagnostics.has_error() || !arguments_.quiet)) {
    print_error(to_text(diagnostics));
  }
  if (diagnostics.has_error()) {
    throw Error(
        ErrorKind::config,
        loaded.label + (diagnostics.errors() == 1 ? " has an error" : " has errors") + "; nothing was done");
  }
  const auto all = diagnostics.in_order();
  loaded.has_secret = std::any_of(all.begin(), all.end(),
                                  [](const Diagnostic& one) { return one.code == "secret-in-document"; });
}

}  // namespace leat::cli
