#include "leat/data/row_builder.hpp"

#include <cstring>
#include <string>

#include "leat/core/detail/report_lines.hpp"

namespace leat {

namespace {

constexpr std::size_t max_columns = 32767;

/// An unknown type (zero) is taken for any.
bool same_type(const Column& from, const Column& to) {
  return from.type == to.type || from.type == 0 || to.type == 0;
}

}  // namespace

namespace detail {

void fail_integer_range(const Column& column, const std::string& value) {
  throw Error(ErrorKind::transform, value + " is out of the range of column " + describe(column),
              {.column = column.name});
}

void fail_encode(const Column& column, const std::string& cpp_type, const Error& cause) {
  throw Error(ErrorKind::transform, "column " + describe(column) + " from " + cpp_type + ": " + cause.what(),
              {.hint = std::string(cause.hint()), .column = column.name});
}

}  // namespace detail

RowBuilder::RowBuilder(RowBatch& batch) : batch_(batch) {
  if (batch.schema()->format() != RowFormat::binary) {
    fail_decode("rows in text format pass through and cannot be built");
  }
  if (batch.schema()->size() > max_columns) fail_decode("a row has at most 32767 columns");
}

void RowBuilder::rethrow_without_row() {
  abandon_row();
  try {
    throw;
  } catch (const Error& error) {
    if (!error.where().empty() || error.kind() != ErrorKind::transform) throw;
    if (input_row_ != 0) throw error.at("row " + std::to_string(input_row_));
    throw error.at("output row " + std::to_string(batch_.first_row() + batch_.size() + 1));
  }
}

void RowBuilder::fail(const std::string& message) {
  try {
    fail_decode(message);
  } catch (...) {
    rethrow_without_row();
  }
}

void RowBuilder::begin_row() {
  if (open_) fail("a row was begun while another one is open");
  FieldWriter out(batch_.buffer_);
  out.integer(static_cast<std::int16_t>(batch_.schema()->size()));
  fields_ = 0;
  open_ = true;
}

const Column& RowBuilder::next_column() const {
  const Schema& schema = *batch_.schema();
  if (!open_) fail_decode("a field was added while no row is open");
  if (fields_ >= schema.size()) {
    fail_decode("a field too many was added: the row has " + detail::counted(schema.size(), "column"));
  }
  return schema[fields_];
}

RowBuilder& RowBuilder::add_raw(std::span<const std::byte> bytes) {
  return add_with([bytes](const Column&, FieldWriter& out) {
    const std::size_t begin = out.begin_value();
    out.bytes(bytes);
    out.end_value(begin);
  });
}

RowBuilder& RowBuilder::add_field(const RowView& from, std::size_t index) {
  return add_with([&from, index](const Column& column, FieldWriter& out) {
    const auto bytes = from.raw(index);
    const Column& source = from.schema()[index];
    if (!same_type(source, column)) {
      fail_decode("column " + describe(column) + " cannot take the bytes of column " + describe(source));
    }
    if (!bytes) return out.null();
    const std::size_t begin = out.begin_value();
    out.bytes(*bytes);
    out.end_value(begin);
  });
}

void RowBuilder::finish_row() {
  if (!open_) fail("no row is open");
  const Schema& schema = *batch_.schema();
  if (fields_ < schema.size()) {
    fail("the row ends before column " + describe(schema[fields_]));
  }
  open_ = false;
  batch_.commit();
}

void RowBuilder::abandon_row() noexcept {
  if (open_) batch_.buffer_.truncate(batch_.bytes());
  open_ = false;
}

RowEdit RowBuilder::copy_row(const RowView& row) {
  if (open_) fail("a row was copied while another one is open");
  const Schema& to = *batch_.schema();
  const Schema& from = row.schema();
  if (&from != &to) {
    if (from.size() != to.size()) {
      fail("a row of " + detail::counted(from.size(), "column") + " cannot be copied to " +
           std::to_string(to.size()));
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (!same_type(from[i], to[i])) {
        fail("column " + describe(to[i]) + " cannot take the bytes of column " + describe(from[i]));
      }
    }
  }
  batch_.append(row.bytes());
  return RowEdit(*this, row.index_);
}

RowEdit RowBuilder::copy_fields(const RowView& row, std::span<const std::int32_t> from) {
  begin_row();
  try {
    for (std::size_t i = 0; i < from.size();) {
      if (from[i] < 0) {
        FieldWriter(batch_.buffer_).null();
        ++i;
        continue;
      }
      // Fields that stand side by side on both sides are copied at once.
      std::size_t end = i + 1;
      while (end < from.size() && from[end] == from[end - 1] + 1) ++end;
      const auto first = row.locate(static_cast<std::size_t>(from[i]));
      const auto last = row.locate(static_cast<std::size_t>(from[end - 1]));
      batch_.buffer_.append({first.length_word, last.bytes.data() + last.bytes.size()});
      i = end;
    }
  } catch (...) {
    rethrow_without_row();
  }
  open_ = false;
  batch_.commit();
  return RowEdit(*this, detail::TupleIndex(batch_.schema()->size()));
}

std::size_t RowEdit::find(std::string_view name) {
  check_last();
  try {
    return builder_.batch_.schema()->index_of(name);
  } catch (...) {
    builder_.batch_.drop_last();
    builder_.rethrow_without_row();
  }
}

void RowEdit::fail_stale() {
  fail_decode("the copied row is no longer the batch's last one");
}

void RowEdit::replace(std::size_t field) {
  RowBatch& batch = builder_.batch_;
  detail::ByteBuffer& buffer = batch.buffer_;
  const detail::ByteBuffer& value = builder_.scratch_;
  const std::span<const std::byte> row = batch.row_bytes(row_);
  const detail::FieldPlace place = index_.locate(row, batch.schema()->size(), field);
  const std::size_t before = sizeof(std::int32_t) + place.bytes.size();
  const auto at = static_cast<std::size_t>(place.length_word - buffer.data());
  if (before != value.size()) {
    const std::size_t tail = buffer.size() - at - before;
    if (value.size() > before) buffer.extend(value.size() - before);
    std::memmove(buffer.data() + at + value.size(), buffer.data() + at + before, tail);
    buffer.truncate(at + value.size() + tail);
    batch.ends_.back() = buffer.size();
    index_.changed(field);
  }
  std::memcpy(buffer.data() + at, value.data(), value.size());
}

}  // namespace leat
