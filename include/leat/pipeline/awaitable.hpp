#pragma once

#include <boost/asio/awaitable.hpp>

namespace leat {

/// The return type of a coroutine hook.
template <class T>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace leat
