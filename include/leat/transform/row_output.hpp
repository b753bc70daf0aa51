#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/schema.hpp"

namespace leat {

namespace jobs_detail {

/// The columns that a hook reads and writes, as they were matched with the tables. A plain value.
struct LEAT_EXPORT ShapedSchemas {
  struct Beside {
    std::string table{};  ///< as the hook calls it
    std::shared_ptr<const Schema> columns{};
  };

  std::shared_ptr<const Schema> input{};
  std::shared_ptr<const Schema> output{};
  std::vector<Beside> beside{};
  /// For each column of the output the one of the input with its name and type; negative: none.
  std::vector<std::int32_t> matching{};
  /// Columns of the output that are declared NOT NULL and match none of the input.
  std::vector<std::size_t> to_be_set{};

  /// Position of that table beside. @throws Error (transform) that lists those that there are.
  [[nodiscard]] std::size_t index_of(std::string_view table) const;
};

/// Fills in `matching` and `to_be_set`.
LEAT_EXPORT void match_columns_of(ShapedSchemas& schemas);

}  // namespace jobs_detail

/// A table beside that was looked up once, for RowOutput::to(). A value; thread-safe.
class BesideTable {
 public:
  [[nodiscard]] const Schema& columns() const noexcept { return *columns_; }

 private:
  friend class HookColumns;
  friend class RowOutput;
  BesideTable(std::size_t index, std::shared_ptr<const Schema> columns)
      : index_(index), columns_(std::move(columns)) {}

  std::size_t index_;
  std::shared_ptr<const Schema> columns_;
};

/// What the factory of a hook that changes the shape of rows is given. Thread-safe; the schemas live as long
/// as the hook.
class HookColumns {
 public:
  explicit HookColumns(std::shared_ptr<const jobs_detail::ShapedSchemas> schemas)
      : schemas_(std::move(schemas)) {}

  /// Columns of the rows that the hook reads.
  [[nodiscard]] const Schema& input() const noexcept { return *schemas_->input; }
  /// Columns of the rows that it writes.
  [[nodiscard]] const Schema& output() const noexcept { return *schemas_->output; }
  /// A table beside, by the name that the shape has for it. @throws Error (transform) if there is none.
  [[nodiscard]] BesideTable beside(std::string_view table) const {
    const std::size_t index = schemas_->index_of(table);
    return {index, schemas_->beside[index].columns};
  }

 private:
  std::shared_ptr<const jobs_detail::ShapedSchemas> schemas_;
};

/// Where a hook that changes the shape of rows writes: by itself the rows of the target, none, one or many
/// for each call, and by to() those of tables beside.
///
///     out.copy_matching(row).set(hash, digest);      // columns of the same name and type, others NULL
///     out.add_row(id, "text", std::nullopt);         // in the order of the declared columns
///     out.to(audit).add_row(id, "dropped");
///
/// One thread at a time; used within the call of the hook.
class LEAT_EXPORT RowOutput : public RowBuilder {
 public:
  /// All outlive it. A batch of `beside` for each table beside.
  RowOutput(const jobs_detail::ShapedSchemas& schemas, RowBatch& rows, std::span<RowBatch> beside);

  /// Rows of a table beside, in the transaction of the target's rows.
  [[nodiscard]] RowBuilder& to(const BesideTable& table) { return beside_[table.index_]; }
  /// The same by a look-up at each call. @throws Error (transform) if there is no such table.
  [[nodiscard]] RowBuilder& to(std::string_view table) { return beside_[schemas_.index_of(table)]; }

  /// Appends a row that has the values of `row` in the columns of the same name and type, and NULL in the
  /// others, and returns it for changes. Those of the others that are declared NOT NULL (column_of<T>() of a
  /// T that is no std::optional) must be set before the hook returns.
  RowEdit copy_matching(const RowView& row) {
    if (!schemas_.to_be_set.empty()) note_copied();
    return copy_fields(row, schemas_.matching);
  }

  /// RowBuilder::set_input_row(), for the rows of tables beside, too.
  void set_input_row(std::uint64_t number) noexcept {
    RowBuilder::set_input_row(number);
    for (auto& rows : beside_) rows.set_input_row(number);
  }

  /// The end of a call of the hook. @throws Error (transform) if a row was begun and not finished, here or
  /// beside; if a column that copy_matching() has left for the hook to set is NULL, and must not be.
  void require_finished() {
    bool is_open = has_open_row();
    for (const auto& rows : beside_) is_open = is_open || rows.has_open_row();
    if (is_open) [[unlikely]]
      fail_open();
    if (!copied_.empty()) require_set();
  }

 private:
  [[noreturn]] static void fail_open();
  void note_copied();
  void require_set();

  const jobs_detail::ShapedSchemas& schemas_;
  const RowBatch& rows_;
  std::vector<std::size_t> copied_;  // rows of this call that have columns to be set
  std::deque<RowBuilder> beside_;
};

}  // namespace leat
