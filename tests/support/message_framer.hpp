#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace leat::test {

/// Cuts one direction of a PostgreSQL session into its messages, as they come. A message is a type byte, a
/// length of four bytes that counts itself, and what it holds; those with which a client begins have no type.
class MessageFramer {
 public:
  enum class Side {
    client,
    server,
  };
  explicit MessageFramer(Side sender) : starting_(sender == Side::client) {}

  /// What take() has found.
  struct Piece {
    char type = 0;            ///< 0: a part of a message, or a client's first one
    std::uint32_t code = 0;   ///< of a message without a type: a version or a request
    std::string_view text{};  ///< the statement of a Query or a Parse
    std::string bytes{};      ///< to be passed on
  };

  /// Takes bytes off the front of `input` up to the end of what can be passed on at once: the whole message
  /// where its text or code matters, its head, or a part of its body. False: all was taken, and more is
  /// needed.
  [[nodiscard]] bool take(std::string_view& input, Piece& piece);

  /// After the client's start-up message was passed on, what it sends has types.
  void set_started() { starting_ = false; }

 private:
  bool collect(std::string_view& input, std::size_t size);

  bool starting_;
  std::string held_;
  std::size_t body_left_ = 0;  // of a message whose head was passed on
};

}  // namespace leat::test
