#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "leat/data/columns.hpp"
#include "leat/data/row_encoder.hpp"
#include "leat/jobs/table_sink.hpp"

namespace leat {

template <RowValue T>
class CopySinkWriter;

/// Loads values of T into a table by COPY, as TableSink loads batches. T has Columns, or it is a tuple, whose
/// fields are the columns of the options.
///
///     CopySink<Order> orders({.target = warehouse, .to = "orders", .commit = CommitPoint::item});
///     … .batch({.items = 5000}).into("store", {.workers = 2}, orders) …
///
/// Values become rows on the workers' threads. A value that does not fit its column fails alone, with the
/// name of the column. Where all rows are one transaction, values are gathered until they are
/// `stream.batch_bytes`, whether or not the stage has batches.
template <class T>
class CopySink {
  static_assert(RowValue<T>,
                "CopySink<T>: T needs a specialisation of leat::Columns (leat/data/columns.hpp), "
                "or to be a tuple, or a RowBatch");

 public:
  /// Does not connect yet. @throws Error (config) that names the option that is wrong; that the table is to
  /// be made or extended, since a C++ type does not say the SQL types for that.
  explicit CopySink(TableSinkOptions options)
      : batch_bytes_(static_cast<std::size_t>(options.stream.batch_bytes.count())),
        sink_(checked(std::move(options))) {}

  /// A writer for one thread, or for one worker of a stage. The sink must outlive it.
  [[nodiscard]] CopySinkWriter<T> writer() { return CopySinkWriter<T>(sink_, batch_bytes_); }
  [[nodiscard]] CommitPoint commit_point() const noexcept { return sink_.commit_point(); }
  /// What was committed until now, of all runs.
  [[nodiscard]] JobReport report() const { return sink_.report(); }

 private:
  [[nodiscard]] static TableSinkOptions checked(TableSinkOptions options) {
    if constexpr (RowValue<T>) static_assert(detail::all_writable<T>());
    if (options.stream.create != CreateTarget::never || options.stream.evolve) {
      throw Error(ErrorKind::config, "a table cannot be made or extended after values of a C++ type",
                  {.hint = "make it in stream.before_load, or write batches, whose columns have SQL types"});
    }
    if (HasColumns<T> && !options.columns.empty()) {
      throw Error(ErrorKind::config, "columns is for tuples: this type names its own", {});
    }
    return options;
  }

  const std::size_t batch_bytes_;
  TableSink sink_;
};

/// Batches are loaded as they are.
template <>
class CopySink<RowBatch> : public TableSink {
 public:
  using TableSink::TableSink;
};

/// Writes values into a CopySink from one thread: the hook of a stage, one for each worker.
template <RowValue T>
class CopySinkWriter {
 public:
  CopySinkWriter(TableSink& sink, std::size_t batch_bytes)
      : writer_(sink.writer()), batch_bytes_(batch_bytes) {}

  /// See TableSinkWriter::begin(). @throws Error (config) if a field of T does not fit its column.
  void begin(const std::stop_token& stop) {
    writer_.begin(stop);
    try {
      encoder_.emplace(writer_.schema(names(), stop));
      rows_.emplace(encoder_->schema(), batch_bytes_);
    } catch (...) {
      give_up();
      throw;
    }
    stop_ = stop;
  }

  /// Takes a value; it is sent when batch_bytes are together, by flush(), or at the end. @throws Error
  /// (transform) if it does not fit its column: then only this value is left out. @throws what
  /// TableSinkWriter::write() does.
  void write(const T& value, const std::stop_token& stop) {
    encoder_->append(value, *rows_);
    if (rows_->bytes() >= batch_bytes_) send(stop);
  }
  /// Where each item is committed: sends and commits what is there. Otherwise it does nothing.
  void flush(const std::stop_token& stop) {
    if (writer_.commit_point() != CommitPoint::item) return;
    send(stop);
    writer_.flush(stop);
  }
  /// See TableSinkWriter::end().
  void end(WorkOutcome outcome) {
    if (outcome == WorkOutcome::done) {
      try {
        send(stop_);
      } catch (...) {
        give_up();
        throw;
      }
    }
    rows_.reset();
    writer_.end(outcome);
  }

  // As a hook of a stage

  [[nodiscard]] CommitPoint commit_point() const noexcept { return writer_.commit_point(); }
  void operator()(WorkItem<T>& item, const std::stop_token& stop) {
    begin_item();
    encoder_->append(*item, *rows_);
    writer_.as_hook([&] {
      if (rows_->bytes() >= batch_bytes_) send(stop);
      flush(stop);
    });
  }
  void operator()(Batch<T> items, const std::stop_token& stop) {
    begin_item();
    for (WorkItem<T>& item : items) {
      try {
        encoder_->append(item.payload(), *rows_);
      } catch (...) {
        item.fail(std::current_exception());
        continue;
      }
      if (rows_->bytes() >= batch_bytes_) writer_.as_hook([&] { send(stop); });
    }
    writer_.as_hook([&] { flush(stop); });
  }

 private:
  [[nodiscard]] static std::vector<std::string> names() {
    std::vector<std::string> all;
    if constexpr (HasColumns<T>) {
      std::apply([&all](const auto&... column) { (all.emplace_back(column.name), ...); }, Columns<T>::list);
    }
    return all;
  }

  /// What an earlier attempt has left is not of this one.
  void begin_item() {
    if (writer_.commit_point() == CommitPoint::item) rows_->clear();
  }
  void send(const std::stop_token& stop) {
    if (!rows_ || rows_->empty()) return;
    try {
      writer_.write(*rows_, stop);
    } catch (...) {
      rows_->clear();  // they have failed, and nobody sends them again
      throw;
    }
    rows_->clear();
  }
  void give_up() noexcept {
    try {
      writer_.end(WorkOutcome::failed);
    } catch (...) {  // NOLINT(bugprone-empty-catch): the first error is what counts
    }
  }

  TableSinkWriter writer_;
  std::size_t batch_bytes_;
  std::optional<RowEncoder<T>> encoder_;
  std::optional<RowBatch> rows_;
  std::stop_token stop_;
};

}  // namespace leat
