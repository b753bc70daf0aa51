#pragma once

#include <stop_token>
#include <string>

#include "bed.hpp"
#include "leat/documents/pipeline_file.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/runs/document_run.hpp"

namespace leat::test {

/// The document, with the connections src and dst of the bed's server. Fails the test where it is wrong.
inline DocumentRun pipeline_of_text(const std::string& text, DocumentRunOptions options) {
  Diagnostics diagnostics;
  auto root = read_document(std::make_shared<const SourceText>("test.yaml", text), diagnostics);
  PipelineDocument document;
  if (root) document = read_pipeline(*root, diagnostics);
  if (diagnostics.has_error()) throw std::logic_error(to_text(diagnostics));
  document.content = content_of(*root);
  if (document.name.empty()) document.name = "test";
  document.connections = {{"src", Bed::server().uri("src")}, {"dst", Bed::server().uri("dst")}};
  return {std::move(document), std::move(options)};
}

inline RunReport run_text(const std::string& text, DocumentRunOptions options = {},
                          const std::stop_token& stop = {}) {
  return pipeline_of_text(text, std::move(options)).run(stop);
}

/// The message of what is wrong with options; "" if nothing is.
inline std::string config_error(const std::string& text, DocumentRunOptions options = {}) {
  try {
    static_cast<void>(run_text(text, std::move(options)));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// "a:done b:failed"
inline std::string names_of(const RunReport& report) {
  std::string text;
  for (const auto& load : report.loads) {
    text += (text.empty() ? "" : " ") + load.name + ":" + std::string(to_string(load.status));
  }
  return text;
}

/// Ends the sessions of all runs.
inline void end_runs() {
  static_cast<void>(
      Bed::on("postgres",
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'leat%'"));
}

}  // namespace leat::test
