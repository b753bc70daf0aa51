#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "cli/loaded_transform.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::cli {

/// What `leat transform` does. Each prints what it finds and returns the exit code, and throws Error.
class TransformActions {
 public:
  TransformActions(const Arguments& arguments, const CommandContext& context, std::stop_token stop);

  [[nodiscard]] int register_file();
  [[nodiscard]] int list();
  [[nodiscard]] int show();
  [[nodiscard]] int diff();
  [[nodiscard]] int test();
  [[nodiscard]] int preview();

 private:
  /// A session with --source, or, without one, with --store.
  [[nodiscard]] Connection open_session();
  /// --sql, or that of --from; empty without both.
  [[nodiscard]] std::string query() const;
  /// Of the rows that the transform reads: of its document, of --from, or for which it was registered.
  [[nodiscard]] std::vector<QueryColumn> input_of(Connection& session, const LoadedTransform& loaded);

  const Arguments& arguments_;
  const CommandContext& context_;
  std::stop_token stop_;
  std::optional<ResolvedConnection> source_;
  TransformLoader loader_;
};

}  // namespace leat::cli
