#include "leat/jobs/watermark_registry.hpp"

#include <utility>

#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "leat/core/detail/nearest.hpp"

namespace leat {
namespace {

/// Runs `body` with a session with the target.
template <class Body>
auto with_watermarks(const WatermarkRegistryOptions& options, const std::stop_token& stop, Body body) {
  return jobs_detail::unless_stopped(
      [&] {
        return body(*jobs_detail::connect(options.target, ErrorKind::target,
                                          jobs_detail::session_part(options), stop));
      },
      "it was stopped");
}

jobs_detail::Document watermark_document(const Watermark& mark) {
  using jobs_detail::or_null;
  return {{"name", mark.name},
          {"table", or_null(mark.table)},
          {"column", or_null(mark.column)},
          {"type", or_null(mark.type)},
          {"value", mark.value},
          {"horizon", or_null(mark.horizon)},
          {"source", or_null(mark.source)},
          {"rows", mark.rows},
          {"changed_at", mark.changed_at}};
}

}  // namespace

WatermarkRegistry::WatermarkRegistry(WatermarkRegistryOptions options) : options_(std::move(options)) {}

std::vector<Watermark> WatermarkRegistry::list(std::stop_token stop) const {
  return with_watermarks(options_, stop, [&](Connection& session) { return read_watermarks(session, stop); });
}

Watermark WatermarkRegistry::set(const std::string& name, const std::string& value,
                                 std::stop_token stop) const {
  return with_watermarks(options_, stop,
                         [&](Connection& session) { return set_watermark(session, name, value, stop); });
}

Watermark WatermarkRegistry::reset(const std::string& name, std::stop_token stop) const {
  return with_watermarks(options_, stop, [&](Connection& session) {
    auto mark = remove_watermark(session, name, stop);
    if (mark) return std::move(*mark);
    std::vector<std::string> names;
    for (auto& known : read_watermarks(session, stop)) names.push_back(std::move(known.name));
    throw Error(ErrorKind::config,
                "there is no watermark \"" + name + "\" in " + options_.target.label +
                    detail::did_you_mean(name, names),
                {.hint = "leat watermark list shows those that there are"});
  });
}

std::string to_json(const Watermark& watermark) {
  return jobs_detail::json_text(watermark_document(watermark));
}

std::string to_json(const std::vector<Watermark>& watermarks) {
  auto list = jobs_detail::Document::array();
  for (const auto& mark : watermarks) list.push_back(watermark_document(mark));
  return jobs_detail::json_text({{"watermarks", list}});
}

}  // namespace leat
