#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/registry/transform_pins.hpp"
#include "leat/registry/transform_registry.hpp"

namespace leat::cli {

/// A transform of the command line: of a file, or of the store.
struct LoadedTransform {
  std::string label{};      ///< the file's path, or "clean_orders@3"
  std::string text{};       ///< as its author wrote it
  std::string normal{};     ///< normal_transform()
  bool has_secret = false;  ///< in the document itself
  TransformDocument document{};
  std::vector<QueryColumn> input{};  ///< for which it was registered
};

/// Whether a word names a file: names of transforms have no point and no slash.
[[nodiscard]] bool names_file(const std::string& word);

/// Finds transforms for one command.
class TransformLoader {
 public:
  /// @throws Error (config) for a --store that names none.
  TransformLoader(const Arguments& arguments, const CommandContext& context);
  TransformLoader(const TransformLoader&) = delete;
  TransformLoader& operator=(const TransformLoader&) = delete;

  /// That of --store. @throws Error (config) without one.
  [[nodiscard]] TransformRegistry& registry();

  /// --store. @throws Error (config) without one.
  [[nodiscard]] const ResolvedConnection& store() const;

  /// Prints what is wrong with the document. @throws Error (config) if something is; that of the store.
  [[nodiscard]] LoadedTransform load(const std::string& word, const std::stop_token& stop);
  /// The same of a file, whatever its name.
  [[nodiscard]] LoadedTransform load_file(const std::string& file, const std::stop_token& stop);

 private:
  void read(LoadedTransform& loaded, const std::shared_ptr<const SourceText>& source, const std::string& file,
            const std::stop_token& stop);
  [[nodiscard]] TransformSources sources(const std::string& file, const std::stop_token& stop);

  const Arguments& arguments_;
  const CommandContext& context_;
  std::optional<ResolvedConnection> store_;
  std::optional<TransformRegistry> registry_;
  std::optional<TransformPins> pins_;
};

}  // namespace leat::cli
