#pragma once

#include <stop_token>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::registry_detail {

/// A session with the store that the options of a registry name.
template <class Options>
[[nodiscard]] Connection open_store(const Options& options, const std::stop_token& stop) {
  const JobLimits& limits = options.limits;
  SessionOptions session{.side = ErrorKind::target,
                         .application_name = options.application_name,
                         .log = options.log,
                         .connect_timeout = limits.connect_timeout,
                         .lock_timeout = limits.lock_timeout,
                         .statement_timeout = limits.statement_timeout};
  if (limits.silence_timeout) session.silence_timeout = *limits.silence_timeout;
  if (options.store.schema) session.search_path = quote_identifier(*options.store.schema);
  return Connection::open(options.store.target, std::move(session), stop);
}

/// Runs `body`; a stop becomes an Error (cancelled).
template <class Body>
auto unless_registry_stopped(const Body& body) {
  try {
    return body();
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, "it was stopped");
  }
}

}  // namespace leat::registry_detail
