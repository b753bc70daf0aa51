#pragma once

#include <pqxx/pqxx>

#include <functional>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// libpqxx's class for a connection: `pqxx::connection`, of 6.4 `pqxx::connection_base`. A program that has
/// another release of libpqxx than leat was built with does not link.
using PqxxConnection =
    std::remove_reference_t<decltype(std::declval<const pqxx::transaction_base&>().conn())>;

namespace postgres_detail {

/// Lends the session's handle to libpqxx while `body` runs. A stop request cancels the statement that runs
/// then.
LEAT_EXPORT void lend_to_pqxx(Connection& connection, const std::function<void(PqxxConnection&)>& body,
                              std::stop_token stop);

}  // namespace postgres_detail

/// Runs `body` with the session as a libpqxx connection, and returns the result of `body`.
///
/// In a transaction that Connection::begin opened, use pqxx::nontransaction: its statements are part of that
/// transaction, as is a COPY before or after them. Outside of a transaction, pqxx::work opens and commits its
/// own. The reference is valid only inside `body`. The body must not leave a libpqxx transaction open and
/// must not close the connection; if it does with libpqxx 7, the session is closed.
///
/// A stop request cancels the statement on the server. If the server does not answer within cancel_timeout,
/// the socket is shut down. In both cases the call throws Stopped. Exceptions of libpqxx pass through
/// unchanged.
template <class Body>
requires std::is_invocable_v<Body&, PqxxConnection&>
auto with_pqxx(Connection& connection, Body&& body, std::stop_token stop = {}) {
  using Value = std::invoke_result_t<Body&, PqxxConnection&>;
  if constexpr (std::is_void_v<Value>) {
    postgres_detail::lend_to_pqxx(connection, std::ref(body), std::move(stop));
  } else {
    std::optional<Value> value;
    postgres_detail::lend_to_pqxx(
        connection, [&](PqxxConnection& lent) { value.emplace(body(lent)); }, std::move(stop));
    return std::move(*value);
  }
}

}  // namespace leat
