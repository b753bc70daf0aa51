#pragma once

#include <boost/asio/awaitable.hpp>

namespace leat {

/// What a coroutine hook returns.
template <class T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace leat
