#include "jobs/load/table_load.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "jobs/load/merge_sql.hpp"
#include "jobs/load/sequences.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/load/way_out.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/locked_tables.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/transaction_number.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {

namespace {

using postgres_detail::only_sql;

/// How rows that are staged get into the table; null where they are copied into it.
std::unique_ptr<Publication> choose_publication(const PublicationContext& context, const LoadSetup& setup) {
  if (setup.is_part) return nullptr;
  // Of rows that a SELECT gives, only a table without triggers tells how many there are.
  const bool counts_apart = setup.input && !context.facts.triggers_on(on_insert, context.is_silent).empty();
  if (setup.key) return publish_by_key(context, setup.mode, *setup.key);
  if (setup.mode == WriteMode::swap && !setup.copies_beside) return publish_by_swap(context);
  const bool is_view = context.facts.info->kind == RelationKind::view;
  return is_view || setup.staging || counts_apart ? publish_by_insert(context) : nullptr;
}

}  // namespace

TableLoad::TableLoad(Connection& connection, TableFacts facts, LoadSetup setup, const StreamOptions& options,
                     const ServerFacts& server)
    : connection_(connection),
      facts_(std::move(facts)),
      setup_(std::move(setup)),
      staging_(setup_.staging ? *setup_.staging : staging_table(setup_.number)),
      is_silent_(options.triggers == Triggers::disable || server.is_silent),
      truncates_always_(server.minimal_wal ||
                        !facts_.triggers_on(on_delete | on_truncate, is_silent_).empty()),
      options_(options),
      asks_number_(!server.run.empty()),
      publication_(choose_publication({.connection = connection_,
                                       .facts = facts_,
                                       .columns = setup_.columns,
                                       .staging = staging_,
                                       .is_silent = is_silent_,
                                       .is_one_of_many = setup_.is_one_of_many,
                                       .is_inserted = setup_.input != nullptr},
                                      setup_)),
      copied_into_(publication_ || setup_.staging ? staging_ : table().name) {
  if (setup_.beside) beside_.emplace(connection_, setup_.beside, options_.suppressed_rows);
}

void empty(Connection& connection, std::span<const TableInfo> tables, bool always,
           const std::stop_token& stop) {
  TableManager manager(connection);
  // New files for a table that has no pages would cost more than a small load.
  try {
    if (!always && manager.lock_if_empty(tables, stop)) return;
    manager.truncate(tables, stop);
  } catch (const Error& error) {
    throw with_locked_tables(error,
                             text_list(tables, [](const TableInfo& table) { return table.name.display(); }));
  }
}

void TableLoad::create_staging(const std::stop_token& stop) {
  static_cast<void>(connection_.execute(publication_->create_staging_sql(), {}, stop));
}

void TableLoad::empty_first(const std::stop_token& stop) {
  if (options_.triggers == Triggers::disable) connection_.execute(silence_triggers, {}, stop);
  if (deletes()) {
    delete_all({}, stop);
  } else if (setup_.mode == WriteMode::replace) {
    empty(connection_, std::span(&table(), 1), truncates_always_, stop);
    deleted_.reset();
  }
}

namespace {

/// Locks a table that had no page when it was looked at, and fails with `no_number` where it has some by now.
std::string lock_empty_sql(const TableInfo& table) {
  const std::string size = "pg_catalog.pg_relation_size(" + std::to_string(table.oid) + ")";
  return "LOCK TABLE " + only_sql(table) + " IN ACCESS EXCLUSIVE MODE; SELECT CASE WHEN " + size +
         " IS DISTINCT FROM 0 THEN pg_catalog.concat('rows have come, so that the table is truncated: ', " +
         size + ")::pg_catalog.int4 END";
}
constexpr const char* no_number = "22P02";

}  // namespace

BesideCopy TableLoad::beside_end() const {
  if (!copies_alone() || setup_.staging) return {};
  std::string question = "SELECT " + postgres_detail::unchanged_sql(connection_, table());
  if (asks_number_) question += ", " + postgres_detail::current_transaction_sql(connection_);
  return {.after = std::move(question)};
}

bool TableLoad::begin_at_once(RowFormat format, const std::stop_token& stop) {
  BesideCopy beside = beside_end();
  if (options_.triggers == Triggers::disable) beside.before = silence_triggers;
  const bool empties = setup_.mode == WriteMode::replace;
  // New files for a table that has no pages would cost more than a small load.
  const bool truncates = truncates_always_ || table().kind != RelationKind::table || table().size.count() > 0;
  if (empties) {
    if (!beside.before.empty()) beside.before += "; ";
    beside.before += truncates ? "TRUNCATE TABLE " + only_sql(table()) : lock_empty_sql(table());
  }
  try {
    writer_.emplace(connection_, copy_sql(format), format, beside, stop);
  } catch (const Error& error) {
    if (!empties || truncates || error.sqlstate() != no_number) throw;
    connection_.rollback();
    connection_.begin(target_transaction, stop);
    return false;
  }
  if (empties) deleted_.reset();
  return true;
}

void TableLoad::begin(RowFormat format, std::stop_token stop) {
  try {
    begin_rows(format, std::move(stop));
  } catch (const Error& error) {
    throw with_holder(error);
  }
}

Error TableLoad::with_holder(const Error& error) const {
  const Error named = with_locked_tables(error, table().name.display());
  // Of a lock that keeps everybody out it is known who stood in its way when the table was looked at.
  const bool locks_out = setup_.mode == WriteMode::replace && !deletes();
  const bool waited = named.sqlstate() == sqlstate::lock_not_available;
  if (!waited || !locks_out || facts_.locks.empty()) return named;
  return named.with_detail(std::string(named.detail()) + ": " + facts_.locks.front().holder);
}

void TableLoad::make_room(const std::stop_token& stop) {
  empty_first(stop);
  if (publication_) create_staging(stop);
  // Two such loads would each keep the other one from the lock that it needs at its end.
  if (setup_.copies_beside) {
    connection_.execute_long("LOCK TABLE " + only_sql(table()) + " IN SHARE UPDATE EXCLUSIVE MODE", {}, stop);
  }
}

void TableLoad::begin_rows(RowFormat format, std::stop_token stop) {
  has_begun_ = true;
  format_ = format;
  const bool may_begin = setup_.mode == WriteMode::append || connection_.begins_with_next();
  if (copies_alone() && !deletes() && may_begin && begin_at_once(format, stop)) return;
  if (setup_.input) {
    // The table itself waits until the rows are there.
    static_cast<void>(connection_.execute(setup_.input->create_sql, {}, stop));
  } else {
    make_room(stop);
  }
  if (setup_.rejects) {
    rejecting_.emplace(connection_, *setup_.rejects, copy_sql(format), format, stop);
  } else {
    writer_.emplace(connection_, copy_sql(format), format, beside_end(), std::move(stop));
  }
}

void TableLoad::delete_all(std::span<const Oid> along, const std::stop_token& stop) {
  lock_table(connection_, "LOCK TABLE " + only_sql(table()) + " IN EXCLUSIVE MODE", table().name, stop);
  // Keys are read again by what deletes.
  check_effects(connection_, facts_, false, stop);
  deleted_ = TableManager(connection_).delete_all(table(), along, stop);
  check_emptied("", stop);
}

void TableLoad::delete_old(const std::stop_token& stop) {
  lock_table(connection_, "LOCK TABLE " + only_sql(table()) + " IN EXCLUSIVE MODE", table().name, stop);
  check_effects(connection_, facts_, true, stop);
  const std::string condition = " WHERE NOT (" + is_own() + ")";
  deleted_ = connection_.execute_long("DELETE FROM " + only_sql(table()) + condition, {}, stop).affected();
  check_emptied(condition, stop);
}

void TableLoad::check_emptied(const std::string& condition, const std::stop_token& stop) const {
  const std::string triggers = facts_.triggers_on(on_delete, is_silent_);
  if (triggers.empty()) return;
  const Result left =
      connection_.execute_long("SELECT 1 FROM " + only_sql(table()) + condition + " LIMIT 1", {}, stop);
  if (!left.empty()) throw rows_were_kept(table(), triggers);
}

std::string TableLoad::is_own() const {
  return setup_.rejects ? is_in_progress("") : is_of_this_transaction("");
}

void TableLoad::write(const RowBatch& batch, std::stop_token stop) {
  if (setup_.pace) setup_.pace->wait(ByteCount{batch.bytes()}, stop);
  try {
    if (rejecting_) {
      rejecting_->write(batch, stop);
    } else {
      if (!writer_) writer_.emplace(connection_, copy_sql(format_), format_, beside_end(), stop);
      writer_->write(batch, std::move(stop));
    }
  } catch (const Error& error) {
    throw explain(error);
  }
  rows_sent_ += batch.size();
}

void TableLoad::write_beside(std::vector<RowBatch> batches, const std::stop_token& stop) {
  beside_->collect(std::move(batches));
  if (!beside_->is_full()) return;
  pause(stop);
  beside_->write(setup_.pace.get(), stop);
}

void TableLoad::pause(const std::stop_token& stop) {
  if (!writer_) return;  // what is rejected is written by several, none of which is under way
  try {
    rows_copied_ += writer_->finish(stop);
  } catch (const Error& error) {
    throw explain(error);
  }
  writer_.reset();
}

void TableLoad::check(std::stop_token stop) {
  if (writer_) {
    writer_->check(std::move(stop));
  } else {
    // No COPY is under way, so a session that was ended shows only when it is asked something.
    static_cast<void>(connection_.execute("SELECT", {}, std::move(stop)));
  }
}

Error TableLoad::explain(const Error& error) const {
  if (!uses_key(setup_.mode) || error.sqlstate() != "23502" ||
      std::string_view(error.what()).find(staging_.name) == std::string_view::npos) {
    return setup_.rejects || setup_.input ? error : with_way_out(error);
  }
  return error.with_kind(ErrorKind::target)
      .with_message("a row has no value in a column of the key, by which " +
                    std::string(to_string(setup_.mode)) + " tells rows apart; nothing was committed")
      .with_hint("leave such rows out (.where), or name another key (.key)");
}

std::uint64_t TableLoad::finish(std::stop_token stop) {
  try {
    if (rejecting_) {
      rows_copied_ = rejecting_->finish(stop);
    } else if (writer_) {
      rows_copied_ += writer_->finish(stop);
    }
  } catch (const Error& error) {
    throw explain(error);
  }
  if (setup_.input) transform_rows(stop);
  if (beside_) beside_->write(setup_.pace.get(), stop);
  rows_sent_ -= rows_rejected();
  if (writer_ && !writer_->beside().empty()) {
    const BesideRow& answer = writer_->beside().back();
    is_unchanged_ = answer.front() == "t";
    if (answer.size() > 1 && answer[1]) transaction_ = postgres_detail::to_transaction_id(*answer[1]);
  }
  return rows_copied_;
}

void TableLoad::transform_rows(const std::stop_token& stop) {
  if (rows_copied_ != rows_sent_) {
    throw Error(ErrorKind::target, "the temporary table for the rows took " + std::to_string(rows_copied_) +
                                       " of " + detail::rows_text(rows_sent_) + "; nothing was committed");
  }
  try {
    make_room(stop);
  } catch (const Error& error) {
    throw with_holder(error);
  }
  try {
    rows_made_ = insert_transformed(connection_, *setup_.input, copied_into_, setup_.columns, stop);
  } catch (const Error& error) {
    throw explain(error);
  }
  rows_sent_ = *rows_made_;
  rows_copied_ = *rows_made_;
}

void TableLoad::publish(const std::stop_token& stop) {
  if (setup_.copies_beside) delete_old(stop);
  if (!publication_) return;
  begin_publishing(stop);
  publication_->publish(stop);
}

void TableLoad::publish_collected(std::uint64_t rows, const std::stop_token& stop) {
  empty_first(stop);
  rows_sent_ = rows;
  rows_copied_ = rows;
  publish(stop);
}

LoadCounts TableLoad::complete(const std::stop_token& stop) {
  LoadCounts counts{.inserted = rows_copied_,
                    .suppressed = rows_sent_ - std::min(rows_sent_, rows_copied_),
                    .deleted = deleted_};
  if (publication_) counts = publication_->end(stop);
  // What a publication does not know: they went before it, by another statement.
  if (setup_.mode == WriteMode::replace || setup_.copies_beside) counts.deleted = deleted_;
  check_counts(counts);
  // The load's own lock keeps the table as it is from here on.
  if (!setup_.is_part || !setup_.staging) check_unchanged(stop);
  if (beside_) beside_->check_unchanged(stop);
  if (options_.advance_sequences && !setup_.is_part) {
    advance_sequences(connection_, facts_, setup_.columns, notes_, stop);
    if (setup_.beside) {
      for (const auto& beside : setup_.beside->tables()) {
        advance_sequences(connection_, beside.facts, beside.columns, notes_, stop);
      }
    }
  }
  counts.rejected = rows_rejected();
  if (counts.rejected > 0) notes_.push_back(reject_note(*setup_.rejects, counts.rejected));
  return counts;
}

void TableLoad::check_counts(const LoadCounts& counts) const {
  const std::uint64_t written = counts.inserted + counts.updated;
  const std::uint64_t told = written + counts.unchanged + counts.superseded + counts.suppressed;
  const bool may_suppress = options_.suppressed_rows == SuppressedRows::allow;
  if (told == rows_sent_ && (counts.suppressed == 0 || may_suppress)) return;
  throw Error(
      ErrorKind::target,
      table().name.display() + " took " + std::to_string(told - counts.suppressed) + " of " +
          detail::rows_text(rows_sent_) + "; nothing was committed",
      {.sqlstate = "P0001",
       .hint = "a trigger or rule of the target leaves rows out: drop it for the time of the load, or "
               "keep triggers silent (Triggers::disable); the library takes it as meant with "
               "SuppressedRows::allow"});
}

void TableLoad::check_unchanged(const std::stop_token& stop) const {
  if (is_unchanged_ ? *is_unchanged_ : TableManager(connection_).is_unchanged(table(), stop)) return;
  throw Error(ErrorKind::target,
              table().name.display() +
                  " was changed by somebody else after it was looked at; nothing was "
                  "committed",
              {.sqlstate = "55000", .hint = "run the job again"});
}

}  // namespace leat::jobs_detail
