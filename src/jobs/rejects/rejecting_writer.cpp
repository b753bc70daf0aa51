#include "jobs/rejects/rejecting_writer.hpp"

#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/rejects/row_narrowing.hpp"
#include "jobs/rejects/row_rejects_table.hpp"
#include "jobs/rejects/row_rejects_values.hpp"
#include "leat/postgres/copy/copy_writer.hpp"

namespace leat::jobs_detail {
namespace {

const std::string row_savepoint = "leat_rows";
// What came before stays, whatever becomes of what follows.
const std::string new_row_savepoint = "RELEASE SAVEPOINT leat_rows; SAVEPOINT leat_rows";

// Rows that wait are tried again when they are as many as this.
constexpr std::size_t most_waiting_bytes = std::size_t{1} << 20U;

// What a batch takes for each row besides its bytes, at most.
constexpr std::size_t bytes_beside_row = 2 * sizeof(std::size_t);

std::size_t collected_bytes(const RowBatch& batch) {
  return batch.bytes() + batch.size() * bytes_beside_row;
}

/// "(id, line)=(7, 1)"
std::string key_detail(const std::vector<std::size_t>& key, const std::vector<RejectedValue>& values) {
  if (key.empty()) return {};
  return "(" + text_list(key, [&](std::size_t i) { return values[i].column; }) + ")=(" +
         text_list(key, [&](std::size_t i) { return values[i].text.value_or("null"); }) + ")";
}

}  // namespace

RejectingWriter::RejectingWriter(Connection& connection, const RejectSetup& setup, std::string copy_sql,
                                 RowFormat format, const std::stop_token& stop)
    : connection_(connection),
      setup_(setup),
      copy_sql_(new_row_savepoint + "; " + std::move(copy_sql)),
      format_(format),
      insert_sql_(setup.reject_table ? insert_reject_sql(*setup.reject_table, setup.columns) : ""),
      distance_(static_cast<std::size_t>(setup.most_collected.count())) {
  if (!setup_.check_at_once.empty()) {
    static_cast<void>(connection_.execute(check_at_once_sql(setup_), {}, stop));
  }
  static_cast<void>(connection_.execute("SAVEPOINT " + row_savepoint, {}, stop));
}

void RejectingWriter::write(const RowBatch& batch, const std::stop_token& stop) {
  if (!fits(batch)) write_collected(stop);
  const bool is_first = !collected_ || collected_->empty();
  if (is_first && (batch.bytes() >= distance_.bytes() || !fits(batch))) {
    write_now(batch, stop);
  } else {
    collect(batch);
    if (collected_->bytes() >= distance_.bytes()) write_collected(stop);
  }
  if (waiting_ && waiting_->rows.bytes() > most_waiting_bytes) try_waiting(stop);
}

bool RejectingWriter::fits(const RowBatch& batch) const {
  const std::size_t before = collected_ ? collected_bytes(*collected_) : 0;
  if (before + collected_bytes(batch) > setup_.most_collected.count()) return false;
  return before == 0 || !setup_.numbers_rows ||
         collected_->first_row() + collected_->size() == batch.first_row();
}

void RejectingWriter::collect(const RowBatch& batch) {
  if (!collected_)
    collected_.emplace(batch.schema(), static_cast<std::size_t>(setup_.most_collected.count()));
  if (collected_->empty()) collected_->set_first_row(batch.first_row());
  for (std::size_t i = 0; i < batch.size(); ++i) collected_->append(batch.row_bytes(i));
}

void RejectingWriter::write_collected(const std::stop_token& stop) {
  if (!collected_ || collected_->empty()) return;
  write_now(*collected_, stop);
  collected_->clear();
}

void RejectingWriter::write_now(const RowBatch& batch, const std::stop_token& stop) {
  const auto number_of = [this, &batch](std::size_t row) {
    return setup_.numbers_rows ? std::optional(batch.first_row() + row + 1) : std::nullopt;
  };
  if (narrow(batch, number_of, stop)) {
    distance_.passed(batch.bytes());
  } else {
    distance_.refused();
  }
}

std::uint64_t RejectingWriter::finish(const std::stop_token& stop) {
  write_collected(stop);
  if (waiting_) try_waiting(stop);
  static_cast<void>(connection_.execute("RELEASE SAVEPOINT " + row_savepoint, {}, stop));
  return inserted_;
}

template <class NumberOf>
bool RejectingWriter::narrow(const RowBatch& batch, NumberOf number_of, const std::stop_token& stop) {
  RowNarrowing narrowing(batch.size());
  bool all_passed = true;
  while (const auto range = narrowing.next()) {
    const auto error = try_rows(batch, range->first, range->count, stop);
    if (!error) {
      narrowing.taken();
      continue;
    }
    all_passed = false;
    const auto place = place_of(error->context(), setup_.copied_into.name, setup_.columns);
    if (!narrowing.refused(place.row)) continue;
    const std::size_t row = range->first;
    if (error->sqlstate() == "23503" && contains(setup_.self_keys, error->constraint())) {
      wait(batch, row, number_of(row), *error);
    } else {
      reject(batch.row_bytes(row), number_of(row), *error, stop);
    }
  }
  return all_passed;
}

std::optional<Error> RejectingWriter::try_rows(const RowBatch& batch, std::size_t first, std::size_t count,
                                               const std::stop_token& stop) {
  std::optional<Error> refusal;
  {
    // One write: a second one could run the SQL again, and its savepoint would stand behind the first rows.
    CopyWriter writer(connection_, copy_sql_, format_, stop);
    try {
      writer.write(batch, first, count, stop);
      inserted_ += writer.finish(stop);
    } catch (const Error& error) {
      if (!is_of_row(error) || !writer.give_up()) throw;
      refusal = error;
    }
  }
  if (refusal) static_cast<void>(connection_.execute("ROLLBACK TO SAVEPOINT " + row_savepoint, {}, stop));
  return refusal;
}

void RejectingWriter::wait(const RowBatch& batch, std::size_t row, std::optional<std::uint64_t> number,
                           const Error& error) {
  if (!waiting_) waiting_.emplace(Waiting{.rows = RowBatch(batch.schema())});
  waiting_->rows.append(batch.row_bytes(row));
  waiting_->numbers.push_back(number);
  waiting_->errors.push_back(error);
  setup_.book->check(waiting_->rows.size(), error);
}

void RejectingWriter::try_waiting(const std::stop_token& stop) {
  // As long as some of them pass, others may that reference those.
  std::size_t before = 0;
  do {
    const Waiting tried = std::move(*std::exchange(waiting_, std::nullopt));
    before = tried.rows.size();
    static_cast<void>(narrow(
        tried.rows, [&tried](std::size_t row) { return tried.numbers[row]; }, stop));
  } while (waiting_ && waiting_->rows.size() < before);
  if (!waiting_) return;
  const Waiting lost = std::move(*std::exchange(waiting_, std::nullopt));
  for (std::size_t i = 0; i < lost.rows.size(); ++i) {
    reject(lost.rows.row_bytes(i), lost.numbers[i], lost.errors[i], stop);
  }
}

void RejectingWriter::reject(std::span<const std::byte> row, std::optional<std::uint64_t> number,
                             const Error& error, const std::stop_token& stop) {
  // What was rejected before must not be rolled back with a value that cannot be printed.
  static_cast<void>(connection_.execute(new_row_savepoint, {}, stop));
  RejectedRow rejected{.row = number,
                       .when = std::chrono::system_clock::now(),
                       .sqlstate = std::string(error.sqlstate()),
                       .message = error.what(),
                       .detail = std::string(error.detail()),
                       .constraint = std::string(error.constraint()),
                       .column = std::string(error.column()),
                       .values = values_of(row, format_, setup_.columns, connection_, row_savepoint, stop)};
  if (rejected.column.empty()) {
    rejected.column = place_of(error.context(), setup_.copied_into.name, setup_.columns).column;
  }
  rejected.key = key_detail(setup_.key, rejected.values);
  if (!insert_sql_.empty()) {
    const auto fields = reject_fields(rejected);
    static_cast<void>(connection_.execute(insert_sql_, fields, stop));
  }
  if (setup_.keep) setup_.keep(rejected, stop);
  ++rejected_;
  setup_.book->add(rejected, error, stop);
}

}  // namespace leat::jobs_detail
