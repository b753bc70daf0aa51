#include "jobs/verify/verify_sides.hpp"

#include <array>
#include <exception>
#include <utility>

#include "leat/core/pool_group.hpp"

namespace leat::jobs_detail {
namespace {

/// A thread of a group that neither reads nor writes a hand-off.
struct Worker {
  const char* name;
  std::function<void(const std::stop_token&)> body;

  [[nodiscard]] detail::PoolTask task() && {
    return {.options = {.name = name},
            .run = [body = std::move(body)](std::size_t, const std::stop_token& stop) { body(stop); },
            .fail = [](const std::exception_ptr&) {},
            .sign_off = [](std::size_t) {},
            .abandon = {}};
  }
};

}  // namespace

std::string VerifySide::rows(const std::string& condition) const {
  std::string sql = " FROM " + from;
  // The user's condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) sql += " WHERE (\n" + where + "\n)";
  if (!condition.empty()) sql += (where.empty() ? " WHERE (" : " AND (") + condition + ")";
  return sql;
}

void on_both(std::span<VerifySide, 2> sides,
             const std::function<void(std::size_t side, const std::stop_token& stop)>& work,
             const std::stop_token& stop) {
  constexpr std::array names{"leat-verify-s", "leat-verify-t"};
  PoolGroup group(stop);
  for (std::size_t side = 0; side < sides.size(); ++side) {
    group.add(Worker{names[side], [&work, side](const std::stop_token& token) { work(side, token); }});
  }
  group.wait();
}

}  // namespace leat::jobs_detail
