#pragma once

#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

inline constexpr const char* job_was_stopped = "the job was stopped; nothing was committed";

/// Runs `body`; a stop becomes an Error (cancelled) of that message.
template <class Body>
auto unless_stopped(const Body& body, const char* message = job_was_stopped) {
  try {
    return body();
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, message);
  }
}

/// The same of a job; so does an error of its own that a stop has caused, if nothing is in doubt.
template <class Body>
auto unless_stopped(const std::stop_token& stop, const Body& body) {
  try {
    return unless_stopped(body);
  } catch (const Error& error) {
    if (!stop.stop_requested() || error.kind() != ErrorKind::cancelled || error.in_doubt()) throw;
    throw Error(ErrorKind::cancelled, job_was_stopped).with_work(error.work());
  }
}

}  // namespace leat::jobs_detail
