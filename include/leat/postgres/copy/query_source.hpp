#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/core/run_failure.hpp"
#include "leat/data/columns.hpp"
#include "leat/data/read_options.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_decoder.hpp"
#include "leat/data/store/row_source.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/postgres/session/parameter_values.hpp"
#include "leat/postgres/session/session_options.hpp"

namespace leat {

/// Options of CursorSource and CopySource.
struct QuerySourceOptions {
  // Behaviour

  /// Where to connect: `ConnectionFactory{}.resolve("postgresql://etl@db1/shop")`.
  ResolvedConnection source{};
  /// The query: `"SELECT id, total FROM orders WHERE id >= :from AND id < :upto"`. Each read gives values to
  /// its parameters, in the order in which their names come first. It is run READ ONLY.
  std::string sql{};
  /// All reads see the data as they were at the first one, whichever session they use. Otherwise each read
  /// sees what is committed when it begins.
  bool one_snapshot = true;
  /// Of the sessions. Their side is the source.
  SessionOptions session{};

  // Performance

  ReadOptions read{};
};

/// How much a source has read.
struct SourcePosition {
  std::uint64_t reads = 0;  ///< that have reached their end
  std::uint64_t rows = 0;   ///< handed on, of all reads
  ByteCount bytes{};        ///< of these rows
};

template <class Value>
class QueryReader;

/// A query whose rows are read again and again with other values, by as many threads as call it: what
/// CursorSource and CopySource have in common. Each read has a session of its own, which a later one uses
/// again. Thread-safe. The end of a pipeline's last reader, close(), and the destructor end the snapshot.
class LEAT_EXPORT QuerySource {
 public:
  QuerySource(const QuerySource&) = delete;
  QuerySource& operator=(const QuerySource&) = delete;
  virtual ~QuerySource();

  /// The query's columns. Connects if nobody has asked before. @throws Error (source); Stopped.
  [[nodiscard]] std::shared_ptr<const Schema> schema(const std::stop_token& stop = {});

  /// Reads the query's rows with these values, and calls `take(RowBatch)` for each batch; returns when the
  /// server has counted as many rows. `values` is what parameter_values() takes: a number, a text, or a
  /// tuple.
  /// @throws Error (source) of the server, or if the query has other columns than at the first read; (config)
  /// if there are more or fewer values than parameters; what `take` throws. @throws Stopped.
  template <class Values, class Take>
  void read(const Values& values, Take&& take, const std::stop_token& stop = {}) {
    read_batches(parameter_values(values), std::forward<Take>(take), stop);
  }
  /// The same for a query without parameters.
  template <class Take>
  void read_all(Take&& take, const std::stop_token& stop = {}) {
    read_batches({}, std::forward<Take>(take), stop);
  }

  /// The rows with these values as a RowSource of one session, which has the source's ReadOptions unless it
  /// is opened with a pool. The QuerySource must outlive it.
  [[nodiscard]] std::unique_ptr<RowSource> rows(ParameterValues values);

  /// What was read until now.
  [[nodiscard]] SourcePosition position() const noexcept;

  /// Ends the snapshot, and closes the sessions that are not in use. The next read begins anew.
  void close() noexcept;

  // For pipelines: see PipelineBuilder::from() and pipeline_from()

  using value_type = RowBatch;
  /// A hook for one worker of a stage that makes batches of an item, which has the values of the parameters.
  [[nodiscard]] QueryReader<RowBatch> reader();
  /// The same source, whose rows are values of T: `orders.as<Order>()`. It refers to this object.
  template <RowValue T>
  class Typed {
   public:
    using value_type = T;
    explicit Typed(QuerySource& source) : source_(source) {}
    [[nodiscard]] QueryReader<T> reader() const;

   private:
    QuerySource& source_;
  };
  template <class T>
  [[nodiscard]] auto as() {
    static_assert(
        RowValue<T>,
        "as<T>(): T needs a specialisation of leat::Columns (leat/data/columns.hpp), or to be a tuple");
    if constexpr (RowValue<T>) {
      static_assert(detail::all_readable<T>());
      return Typed<T>(*this);
    }
  }

 protected:
  /// @throws Error (config) for options that are out of range, or a query whose parameters are not
  /// understood.
  explicit QuerySource(QuerySourceOptions options, bool writes_values);

 private:
  template <class Value>
  friend class QueryReader;
  class Impl;
  class Rows;

  /// The query's columns. @throws RunFailure if it cannot be read for any item. @throws Error otherwise.
  [[nodiscard]] std::shared_ptr<const Schema> schema_for_all(const ParameterValues& values,
                                                             const std::stop_token& stop);
  /// read_batches() for an item of a pipeline. @throws RunFailure if no other item can be read either: the
  /// server refuses the SQL itself, or the snapshot is lost.
  void read_for_item(const ParameterValues& values, const std::function<void(RowBatch)>& take,
                     const std::stop_token& stop);
  void read_batches(const ParameterValues& values, const std::function<void(RowBatch)>& take,
                    const std::stop_token& stop);
  void enter();
  void leave() noexcept;

  std::unique_ptr<Impl> impl_;
};

/// Reads a QuerySource for one worker of a pipeline's stage: the hook that QuerySource::reader() makes. Value
/// is RowBatch, or what each row is read as. The source must outlive it.
template <class Value>
class QueryReader {
 public:
  explicit QueryReader(QuerySource& source) : source_(&source) {}

  void begin() { source_->enter(); }
  template <class Outcome>
  void end(Outcome /*outcome*/) noexcept {
    source_->leave();
  }

  /// Reads with the values of the item, and emits what is read. @throws RunFailure if the query is wrong,
  /// whatever the item is: its SQL, how many parameters it has, or its columns' types for Value.
  template <class Item, class Out>
  requires std::is_void_v<decltype(std::declval<Out&>().emit(std::declval<Value>()))>
  void operator()(Item& item, Out& out, const std::stop_token& stop) {
    static_assert(
        requires { parameter_values(*item); },
        "what a source reads with is a number, a text, a pair, a tuple or an array of them; a type of your "
        "own "
        "has a function beside it: ParameterValues parameter_values(const Type&)");
    const auto values = parameter_values(*item);
    const auto schema = source_->schema_for_all(values, stop);
    if constexpr (std::is_same_v<Value, RowBatch>) {
      source_->read_for_item(
          values, [&](RowBatch batch) { out.emit(std::move(batch)); }, stop);
    } else {
      const auto decode = decoder_of(*schema);
      const auto emit = [&](const RowBatch& batch) {
        for (const RowView row : batch) out.emit(decode(row));
      };
      source_->read_for_item(values, emit, stop);
    }
  }

 private:
  /// @throws RunFailure if a row cannot be read as a Value.
  [[nodiscard]] static auto decoder_of(const Schema& schema) {
    try {
      return RowDecoder<Value>(schema);
    } catch (...) {
      throw RunFailure(std::current_exception());
    }
  }

  QuerySource* source_;
};

inline QueryReader<RowBatch> QuerySource::reader() {
  return QueryReader<RowBatch>(*this);
}
template <RowValue T>
QueryReader<T> QuerySource::Typed<T>::reader() const {
  return QueryReader<T>(source_);
}

}  // namespace leat
