#include "leat/data/row_view.hpp"

#include <string>
#include <utility>

namespace leat {

namespace {

[[noreturn]] void fail_at(std::uint64_t ordinal, const std::string& message, ErrorDetails details = {}) {
  details.where = "row " + std::to_string(ordinal + 1);
  throw Error(ErrorKind::transform, message, std::move(details));
}

}  // namespace

namespace detail {

void fail_field_type(const Column& column, const std::string& cpp_type) {
  throw Error(ErrorKind::transform, "column " + describe(column) + " is not a " + cpp_type,
              {.hint = field_type_hint(column), .column = column.name});
}

void fail_field_index(const Schema& schema, std::size_t index) {
  fail_decode("there is no column " + std::to_string(index) + ": the row has " +
              std::to_string(schema.size()) + ", counted from 0");
}

void fail_tuple_length(std::size_t field, std::int32_t length, std::size_t left) {
  if (left < sizeof(std::int32_t)) fail_decode("malformed row: it ends at field " + std::to_string(field));
  fail_decode("malformed row: field " + std::to_string(field) + " of " + std::to_string(length) +
              " bytes where " + std::to_string(left - sizeof(std::int32_t)) + " are left");
}

void fail_tuple_end(std::size_t left) {
  fail_decode("malformed row: " + std::to_string(left) + " bytes after its last field");
}

}  // namespace detail

void RowView::fail_row() const {
  if (schema_->format() != RowFormat::binary) {
    fail_at(ordinal_, "rows in text format pass through and cannot be read");
  }
  if (row_.size() < sizeof(std::int16_t)) fail_at(ordinal_, "malformed row: it ends before its field count");
  if (row_.size() > UINT32_MAX) fail_at(ordinal_, "malformed row: it is larger than any tuple can be");
  fail_at(ordinal_, "malformed row: it has " + std::to_string(detail::load<std::int16_t>(row_.data())) +
                        " fields where the schema has " + std::to_string(schema_->size()));
}

void RowView::fail_index(std::size_t i) const {
  try {
    detail::fail_field_index(*schema_, i);
  } catch (const Error& error) {
    fail_tuple(error);
  }
}

void RowView::fail_tuple(const Error& cause) const {
  throw cause.with_where("row " + std::to_string(ordinal_ + 1));
}

void RowView::fail_null(std::size_t i, const std::string& cpp_type) const {
  const Column& column = (*schema_)[i];
  fail_at(ordinal_, "column " + describe(column) + " is NULL; read it as std::optional<" + cpp_type + ">",
          {.column = column.name});
}

void RowView::fail_value(std::size_t i, const std::string& cpp_type, const Error& cause) const {
  const Column& column = (*schema_)[i];
  fail_at(ordinal_, "column " + describe(column) + " as " + cpp_type + ": " + cause.what(),
          {.hint = std::string(cause.hint()), .column = column.name});
}

void check_row(std::span<const std::byte> row, const Schema& schema) {
  const RowView view(row, schema);
  if (schema.empty()) {
    if (row.size() > sizeof(std::int16_t)) detail::fail_tuple_end(row.size() - sizeof(std::int16_t));
    return;
  }
  static_cast<void>(view.is_null(schema.size() - 1));
}

}  // namespace leat
