#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/documents/source_text.hpp"

namespace leat {

/// What is wrong with a document, and where.
struct Diagnostic {
  Place place{};
  std::string path{};  ///< "loads[2].key"; empty for what is wrong with the whole document
  std::string code{};  ///< stable: "unknown-key"
  Severity severity = Severity::error;
  std::string message{};
  std::string hint{};  ///< what to write instead
};

/// Collects all that is wrong with documents. Used by one thread at a time.
class LEAT_EXPORT Diagnostics {
 public:
  /// So many are kept; of more it is only known that there are some.
  static constexpr std::size_t most = 200;

  void add(Diagnostic diagnostic);

  /// The characters at that place are never printed: a password that stands in the document itself.
  void hide(const Place& place);

  /// As they stand in the documents: documents in the order in which they were first spoken of, lines,
  /// columns.
  [[nodiscard]] std::vector<Diagnostic> in_order() const;
  [[nodiscard]] const std::vector<Place>& hidden() const noexcept { return hidden_; }

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] bool has_error() const noexcept { return errors_ > 0; }
  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
  /// How many were not kept.
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

 private:
  std::vector<Diagnostic> all_;
  std::vector<Place> hidden_;
  std::size_t errors_ = 0;
  std::size_t left_out_ = 0;
};

/// For people: `orders.yaml:14:39: message [code]`, the line with a caret under the place, and the hint.
/// Warnings and notes have their severity before the message. Control characters become '?', and hidden
/// places and what looks like a password in a line becomes '*'. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const Diagnostics& diagnostics);

/// A JSON list of {file, line, column, length, path, code, severity, message, hint}. Lines and columns are
/// counted from 1 and are null where they are not known.
[[nodiscard]] LEAT_EXPORT std::string to_json(const Diagnostics& diagnostics);

/// Annotations as workflows of GitHub print them: `::error file=…,line=…::message`, a line each.
[[nodiscard]] LEAT_EXPORT std::string to_github(const Diagnostics& diagnostics);

/// SARIF 2.1.0, as code scanning takes it.
[[nodiscard]] LEAT_EXPORT std::string to_sarif(const Diagnostics& diagnostics);

}  // namespace leat
