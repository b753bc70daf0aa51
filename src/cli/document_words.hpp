#pragma once

#include <string>
#include <string_view>

namespace leat::cli {

/// Whether what that command does stands in a document.
[[nodiscard]] bool runs_documents(std::string_view command);

/// The key of a document's load that is the option: "rejects.max" for "--max-rejects"; "" if there is none.
[[nodiscard]] std::string document_key(std::string_view option);

/// The same of an option with its value: "create: full" for "--create=full", "mode: append" for "--mode
/// append". A text that is no such option stays.
[[nodiscard]] std::string in_document(std::string_view option);

}  // namespace leat::cli
