#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "leat/core/detail/export.hpp"
#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/detail/tuple_index.hpp"
#include "leat/data/detail/write_field.hpp"
#include "leat/data/field.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_view.hpp"

namespace leat {

class RowEdit;

/// Appends binary rows to a batch, checked against its schema.
///
///     builder.begin_row();                                   // field by field, in the schema's order
///     builder.add(7).add("text").add(std::nullopt);
///     builder.finish_row();
///
///     builder.copy_row(view).set(qty, 5).set("note", "new"); // an existing row, some fields replaced
///
/// After an error the unfinished row is removed: the batch never holds half a row. Integers may be written to
/// every integer column if they are in its range. All other types must match exactly. Once the buffers have
/// grown, nothing allocates.
///
/// One thread at a time. The batch must outlive the builder, and nobody else may change it between
/// begin_row() and finish_row(). The destructor removes an unfinished row.
class LEAT_EXPORT RowBuilder {
 public:
  /// @throws Error (transform) if the batch's format is text.
  explicit RowBuilder(RowBatch& batch);
  RowBuilder(const RowBuilder&) = delete;
  RowBuilder& operator=(const RowBuilder&) = delete;
  ~RowBuilder() { abandon_row(); }

  /// Begins a row. @throws Error (transform) if a row is already open; that row is removed.
  void begin_row();

  /// Writes the next field. @throws Error (transform) that names the column and T if the value does not fit.
  template <typename T>
  requires detail::Writable<T> RowBuilder& add(const T& value) {
    return add_with(
        [&value](const Column& column, FieldWriter& out) { detail::write_field(column, value, out); });
  }
  RowBuilder& add(const char* text) { return add(std::string_view(text)); }
  RowBuilder& add_null() { return add(std::nullopt); }

  /// Writes the next field from bytes in the binary format of the column's type, unchecked.
  RowBuilder& add_raw(std::span<const std::byte> bytes);
  /// Copies field `index` of `from`; it must have the column's type. `from` must not lie in this batch.
  RowBuilder& add_field(const RowView& from, std::size_t index);

  /// Ends the row. @throws Error (transform) if fields are missing.
  void finish_row();
  /// Removes the open row, if there is one.
  void abandon_row() noexcept;
  /// True between begin_row() and finish_row().
  [[nodiscard]] bool has_open_row() const noexcept { return open_; }

  /// A row of these values, one for each column in the schema's order.
  template <typename... T>
  void add_row(const T&... values) {
    begin_row();
    static_cast<void>((add(values), ...));
    finish_row();
  }

  /// The row of the input that is being worked on, counted from 1: errors from here on tell it (where()), as
  /// "row 7". Zero: they tell the row of the batch that was being built, as "output row 7".
  void set_input_row(std::uint64_t number) noexcept { input_row_ = number; }

  /// Appends `row` and returns it for changes. `row` must have the batch's column types and must not lie in
  /// this batch. The copy is part of the batch at once; an error in a change removes it.
  RowEdit copy_row(const RowView& row);

 protected:
  /// Appends a row of which field i is field from[i] of `row`, bytes and all, or NULL where that is negative,
  /// and returns it for changes. There is one for each column, and `row` has those fields, in these types.
  RowEdit copy_fields(const RowView& row, std::span<const std::int32_t> from);

 private:
  friend class RowEdit;

  template <typename Write>
  RowBuilder& add_with(Write write) {
    try {
      FieldWriter out(batch_.buffer_);
      write(next_column(), out);
    } catch (...) {
      rethrow_without_row();
    }
    ++fields_;
    return *this;
  }
  [[nodiscard]] const Column& next_column() const;
  [[noreturn]] void fail(const std::string& message);
  /// To be called where an exception was caught: removes the open row, and tells where it was.
  [[noreturn]] void rethrow_without_row();

  RowBatch& batch_;
  detail::ByteBuffer scratch_;  // a field on its way into a copied row
  std::size_t fields_ = 0;      // written to the open row
  std::uint64_t input_row_ = 0;
  bool open_ = false;
};

/// The row that RowBuilder::copy_row() appended, for changes to its fields. Valid until the next row is begun
/// or added, or the builder is destroyed. One thread at a time. If a value does not fit, set() throws Error
/// (transform) that names the column and the C++ type, and the whole row is removed.
class LEAT_EXPORT RowEdit {
 public:
  template <typename T>
  RowEdit& set(const Field<T>& field, const std::type_identity_t<T>& value) {
    return set_with(field.index(),
                    [&](const Column& column, FieldWriter& out) { detail::write_field(column, value, out); });
  }
  template <typename T>
  requires detail::Writable<T> RowEdit& set(std::size_t index, const T& value) {
    return set_with(index,
                    [&](const Column& column, FieldWriter& out) { detail::write_field(column, value, out); });
  }
  template <typename T>
  requires detail::Writable<T> RowEdit& set(std::string_view name, const T& value) {
    return set_with(find(name),
                    [&](const Column& column, FieldWriter& out) { detail::write_field(column, value, out); });
  }
  RowEdit& set(std::size_t index, const char* text) { return set(index, std::string_view(text)); }
  RowEdit& set(std::string_view name, const char* text) { return set(name, std::string_view(text)); }

 private:
  friend class RowBuilder;
  RowEdit(RowBuilder& builder, const detail::TupleIndex& index)
      : builder_(builder), row_(builder.batch_.size() - 1), index_(index) {}

  template <typename Write>
  RowEdit& set_with(std::size_t field, Write write) {
    check_last();
    try {
      builder_.scratch_.truncate(0);
      FieldWriter out(builder_.scratch_);
      write(column(field), out);
      replace(field);
    } catch (...) {
      builder_.batch_.drop_last();
      builder_.rethrow_without_row();
    }
    return *this;
  }
  [[nodiscard]] const Column& column(std::size_t field) const {
    const Schema& schema = *builder_.batch_.schema();
    if (field >= schema.size()) [[unlikely]]
      detail::fail_field_index(schema, field);
    return schema[field];
  }
  [[nodiscard]] std::size_t find(std::string_view name);
  void check_last() const {
    if (builder_.open_ || builder_.batch_.size() != row_ + 1) [[unlikely]]
      fail_stale();
  }
  [[noreturn]] static void fail_stale();
  /// Replaces the field by the builder's scratch.
  void replace(std::size_t field);

  RowBuilder& builder_;
  std::size_t row_;
  detail::TupleIndex index_;
};

}  // namespace leat
