#include "leat/runs/document_run.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/detail/nearest.hpp"
#include "leat/core/error.hpp"
#include "runs/choose_loads.hpp"
#include "runs/load_jobs.hpp"
#include "runs/run_attempt.hpp"

namespace leat {
namespace runs_detail {
namespace {

std::string with_near(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = detail::nearest(name, known);
  return near.empty() ? "" : "did you mean " + near + "?";
}

/// The values of params: those that are given, and else their defaults. @throws Error (config).
std::map<std::string, std::optional<std::string>> values_of(
    const PipelineDocument& document, const std::map<std::string, std::optional<std::string>>& given) {
  std::vector<std::string> names;
  for (const auto& param : document.params) names.push_back(param.first);
  for (const auto& [name, value] : given) {
    if (document.params.contains(name)) continue;
    throw Error(ErrorKind::config, "the document has no parameter " + name,
                {.hint = names.empty() ? "its params would name it" : with_near(name, names)});
  }
  std::map<std::string, std::optional<std::string>> values;
  std::string missing;
  for (const auto& [name, param] : document.params) {
    const auto own = given.find(name);
    if (own == given.end() && param.required) {
      missing += (missing.empty() ? "" : ", ") + name;
      continue;
    }
    values[name] = own != given.end() ? own->second : param.otherwise;
    const auto& words = param.one_of;
    const auto& value = values[name];
    if (words.empty() || !value || std::find(words.begin(), words.end(), *value) != words.end()) continue;
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
    throw Error(ErrorKind::config, "parameter " + name + " has none of its values",
                {.hint = "write one of " + all});
  }
  if (missing.empty()) return values;
  throw Error(ErrorKind::config, "parameters without a value: " + missing,
              {.hint = "the document says that they are required"});
}

}  // namespace

RunContext context_of(const PipelineDocument& document, const DocumentRunOptions& options) {
  RunContext run{.document = document,
                 .params = values_of(document, options.params),
                 .sessions = std::make_shared<KeptSessions>(),
                 .log = options.log.with({{"document", document.name}})};
  for (const auto& load : document.loads) {
    for (const auto* const name : {&load.source, &load.target}) {
      if (run.connections.contains(*name)) continue;
      const auto own = document.connections.find(*name);
      run.connections.emplace(
          *name, own != document.connections.end() ? own->second : options.connections.resolve(*name));
    }
  }
  run.store = options.store;
  if (!run.store && !document.store.empty()) {
    const auto own = document.connections.find(document.store);
    run.store = own != document.connections.end() ? own->second : options.connections.resolve(document.store);
  }
  return run;
}

}  // namespace runs_detail

DocumentRun::DocumentRun(PipelineDocument document, DocumentRunOptions options)
    : document_(std::move(document)), options_(std::move(options)) {
  if (document_.loads.empty()) throw Error(ErrorKind::config, "the document has no load");
  if (options_.kept_runs == 0) throw Error(ErrorKind::config, "kept_runs must be > 0");
  if (options_.idempotency_key.empty()) options_.idempotency_key = document_.run.idempotency_key;
  constexpr std::size_t longest_key = 255;
  if (options_.idempotency_key.size() > longest_key) {
    throw Error(ErrorKind::config, "an idempotency key has at most 255 characters");
  }
  if (options_.begins_new && !options_.idempotency_key.empty()) {
    throw Error(ErrorKind::config, "a run of a key is begun once, and this one is to begin anew",
                {.hint = "give it another key"});
  }
  static_cast<void>(runs_detail::chosen_loads(document_, options_.only));
  const auto run = runs_detail::context_of(document_, options_);
  // What is wrong with options is told before anything is begun.
  for (const auto& load : document_.loads) runs_detail::check_load(run, load);
}

RunPlan DocumentRun::plan(std::stop_token stop) const {
  const auto run = runs_detail::context_of(document_, options_);
  RunPlan plan{.document = document_.name};
  for (const auto* const load : runs_detail::chosen_loads(document_, options_.only)) {
    plan.loads.push_back(runs_detail::plan_load(run, *load, stop));
  }
  return plan;
}

RunReport DocumentRun::run(std::stop_token stop) const {
  return runs_detail::RunAttempt(runs_detail::context_of(document_, options_), options_).run(stop);
}

}  // namespace leat
