#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"

struct pg_result;

namespace leat {

namespace postgres_detail {
struct SessionAccess;
}

/// The result of one statement. Move-only; may outlive its connection. Reading is thread-safe.
class LEAT_EXPORT Result {
 public:
  Result() = default;
  explicit Result(pg_result* result) : result_(result) {}

  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] bool empty() const { return rows() == 0; }

  /// A field's text, or its bytes if binary results were requested; "" for NULL.
  [[nodiscard]] std::string_view text(std::size_t row, std::size_t column) const;
  [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;

  /// A field as a number. @throws std::invalid_argument if it is not a number.
  [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
  /// A field as an oid of the catalog. @throws std::invalid_argument if it is not a number.
  [[nodiscard]] Oid oid(std::size_t row, std::size_t column) const {
    return static_cast<Oid>(integer(row, column));
  }
  /// The first byte of a field, for example of SQL's type "char"; '\0' if the field is empty.
  [[nodiscard]] char character(std::size_t row, std::size_t column) const {
    const auto field = text(row, column);
    return field.empty() ? '\0' : field.front();
  }
  [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const { return text(row, column) == "t"; }

  /// The number of rows that the statement affected ("COPY 12", "DELETE 3"); 0 if the command tag has no
  /// number.
  [[nodiscard]] std::uint64_t affected() const;
  /// The server's command tag, such as "COMMIT" or "COPY 12".
  [[nodiscard]] std::string_view command_tag() const;

  explicit operator bool() const { return result_ != nullptr; }

 private:
  friend struct postgres_detail::SessionAccess;

  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace leat
