// The steps around the rows of a load: none is forgotten.
#include "jobs/prepare/load_scope.hpp"

#include <stdexcept>
#include <string>

#include "support/catch.hpp"

using namespace leat;
using jobs_detail::LoadScope;
using jobs_detail::LoadStep;
using jobs_detail::PreparedLoad;

namespace {

constexpr LoadStep all_steps[] = {LoadStep::create,    LoadStep::restore,   LoadStep::rows,
                                  LoadStep::publish,   LoadStep::count,     LoadStep::verify,
                                  LoadStep::indexes,   LoadStep::sequences, LoadStep::hook,
                                  LoadStep::watermark, LoadStep::commit,    LoadStep::analyze};

}  // namespace

TEST_CASE("load scope: a step that is neither done nor left out ends the load, by its name") {
  PreparedLoad load;
  load.incremental.emplace();  // others have no watermark
  const StreamOptions options;
  for (const LoadStep forgotten : all_steps) {
    LoadScope scope(load, options);
    for (const LoadStep step : all_steps) {
      if (step != forgotten) scope.mark({step});
    }
    try {
      scope.run({}, [] { return 0; });
      FAIL(to_string(forgotten) << " was forgotten");
    } catch (const std::logic_error& error) {
      CHECK(std::string(error.what()) ==
            "a load has ended without the step " + std::string(to_string(forgotten)));
    }
  }
}

TEST_CASE("load scope: what is left out by its name need not be done") {
  PreparedLoad load;
  const StreamOptions options;
  LoadScope scope(load, options);
  scope.mark({LoadStep::publish, LoadStep::verify});
  for (const LoadStep step : all_steps) {
    if (step != LoadStep::publish && step != LoadStep::verify) scope.mark({step});
  }
  CHECK(scope.run({}, [] { return 7; }) == 7);
}
