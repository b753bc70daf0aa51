#include "leat/postgres/session/detail/local_setting.hpp"

#include <array>
#include <utility>

namespace leat::postgres_detail {
namespace {

void change_local(Connection& connection, std::string_view name, std::string_view value,
                  const std::stop_token& stop) {
  const std::array<Parameter, 2> parameters{std::string(name), std::string(value)};
  static_cast<void>(connection.execute("SELECT pg_catalog.set_config($1, $2, true)", parameters, stop));
}

}  // namespace

std::string set_local(Connection& connection, std::string_view name, std::string_view value,
                      const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{std::string(name)};
  const Result old = connection.execute("SELECT pg_catalog.current_setting($1)", wanted, stop);
  change_local(connection, name, value, stop);
  return std::string(old.text(0, 0));
}

LocalSetting::LocalSetting(Connection& connection, std::string name, std::string_view value,
                           const std::stop_token& stop)
    : connection_(connection), name_(std::move(name)), before_(set_local(connection, name_, value, stop)) {}

void LocalSetting::restore(const std::stop_token& stop) {
  change_local(connection_, name_, before_, stop);
}

}  // namespace leat::postgres_detail
