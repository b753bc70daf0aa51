#include "leat/postgres/copy/cursor.hpp"

#include <algorithm>
#include <string_view>

#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "postgres/copy/row_collector.hpp"
#include "postgres/session/nul_bytes.hpp"
#include "postgres/session/session.hpp"

namespace leat {
namespace {

using postgres_detail::SessionAccess;

using postgres_detail::Clock;
using postgres_detail::Readiness;
using postgres_detail::WaitResult;

// Rows of one FETCH. They arrive one by one, so this bounds round trips and not memory.
constexpr std::uint64_t rows_per_fetch = 10000;

void put_big_endian(std::vector<std::byte>& out, std::uint32_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift));
}

void put(std::vector<std::byte>& out, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Escapes as COPY's text format wants it. Source: PostgreSQL manual, COPY, "Text Format".
void put_escaped(std::vector<std::byte>& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        put(out, "\\\\");
        break;
      case '\b':
        put(out, "\\b");
        break;
      case '\f':
        put(out, "\\f");
        break;
      case '\n':
        put(out, "\\n");
        break;
      case '\r':
        put(out, "\\r");
        break;
      case '\t':
        put(out, "\\t");
        break;
      case '\v':
        put(out, "\\v");
        break;
      default:
        out.push_back(static_cast<std::byte>(c));
    }
  }
}

}  // namespace

std::vector<TableColumn> describe_query(Connection& connection, const std::string& sql,
                                        std::stop_token stop) {
  return describe_parameters(connection, sql, std::move(stop)).columns;
}

QueryDescription describe_parameters(Connection& connection, const std::string& sql, std::stop_token stop) {
  auto& session = SessionAccess::impl(connection);
  session.require_open();
  postgres_detail::refuse_nul(sql, "the SQL");
  const auto deadline = session.in(session.options.reply_timeout);
  session.send_begin(deadline, stop);
  if (PQsendPrepare(session.conn, "", sql.c_str(), 0, nullptr) != 1) throw session.connection_error();
  session.wire_status = 0;
  session.before_sent = 0;
  session.flush(deadline, stop);
  session.finish_statement(deadline, stop);
  if (PQsendDescribePrepared(session.conn, "") != 1) throw session.connection_error();
  session.flush(deadline, stop);
  const Result result = session.finish_statement(deadline, stop);
  if (!result || result.columns() == 0) {
    throw Error(ErrorKind::config, "the SQL returns no rows",
                {.hint = "write a SELECT, VALUES, TABLE or WITH query"});
  }
  std::vector<Oid> types;
  for (std::size_t i = 0; i < result.columns(); ++i)
    types.push_back(PQftype(SessionAccess::handle(result), static_cast<int>(i)));
  auto infos = TableManager(connection).describe_types(types, stop);
  QueryDescription description;
  for (int i = 0; i < PQnparams(SessionAccess::handle(result)); ++i) {
    description.parameters.push_back(PQparamtype(SessionAccess::handle(result), i));
  }
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const int column = static_cast<int>(i);
    std::string type_name = infos[i].name;
    description.columns.push_back({.name = PQfname(SessionAccess::handle(result), column),
                                   .type = std::move(infos[i]),
                                   .typmod = PQfmod(SessionAccess::handle(result), column),
                                   .type_name = std::move(type_name)});
  }
  return description;
}

Cursor::Cursor(Connection& connection, const std::string& sql, std::span<const Parameter> parameters,
               std::shared_ptr<const Schema> schema, ReadOptions options, std::stop_token stop)
    : connection_(connection),
      collector_(std::make_unique<postgres_detail::RowCollector>(std::move(schema), options)) {
  if (!connection_.in_transaction()) throw Error(ErrorKind::config, "a cursor needs an open transaction");
  name_ = "leat_" + std::to_string(++SessionAccess::impl(connection_).cursors);
  fetch_sql_ = "FETCH FORWARD " + std::to_string(rows_per_fetch) + " FROM " + name_;
  // All rows are wanted, so the planner is not to favour the first ones.
  connection_.execute("SET LOCAL cursor_tuple_fraction = 1", {}, stop);
  const std::string declare = "DECLARE " + name_ + " NO SCROLL CURSOR FOR ";
  try {
    connection_.execute_long(declare + sql, parameters, stop);
  } catch (const Error& error) {
    // The place is in the caller's SQL, which knows nothing of the words before it.
    throw error.with_position(error.position() > declare.size() ? error.position() - declare.size() : 0);
  }
}

std::optional<RowBatch> Cursor::read(std::stop_token stop) {
  auto& session = SessionAccess::impl(connection_);
  if (stop.stop_requested()) {
    session.abort();
    throw Stopped();
  }
  if (row_pending_) static_cast<void>(collector_->add(row_));
  row_pending_ = false;
  auto flush_at = Clock::time_point::max();
  while (!ended_ && !collector_->full()) {
    if (!fetching_) start_fetch(stop);
    if (!collector_->empty() && PQisBusy(session.conn) == 1) {
      if (flush_at == Clock::time_point::max()) flush_at = Clock::now() + collector_->options().flush_after;
      if (!wait_until(std::min(flush_at, session.silence_deadline()), stop)) break;
      if (PQconsumeInput(session.conn) == 1) continue;
    }
    const Result result = session.next_result(session.silence_deadline(), stop);
    if (!result) {
      fetching_ = false;
      ended_ = fetched_ < rows_per_fetch;
    } else if (PQresultStatus(SessionAccess::handle(result)) == PGRES_SINGLE_TUPLE) {
      ++fetched_;
      encode(result);
      row_pending_ = !collector_->add(row_);
      if (row_pending_) break;
    }
  }
  return collector_->take();
}

void Cursor::start_fetch(const std::stop_token& stop) {
  auto& session = SessionAccess::impl(connection_);
  const auto format = schema()->format() == RowFormat::binary ? ResultFormat::binary : ResultFormat::text;
  session.send(fetch_sql_, {}, format, session.silence_deadline(), stop);
  PQsetSingleRowMode(session.conn);
  fetching_ = true;
  fetched_ = 0;
}

/// Waits for the server; false at the deadline.
bool Cursor::wait_until(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop) {
  auto& session = SessionAccess::impl(connection_);
  try {
    return session.wake_up.wait(PQsocket(session.conn), Readiness::read, deadline, stop) == WaitResult::ready;
  } catch (const Stopped&) {
    session.abort();
    throw;
  }
}

Cursor::Cursor(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

void Cursor::close(std::stop_token stop) {
  connection_.execute("CLOSE " + name_, {}, std::move(stop));
}

std::uint64_t Cursor::rows() const noexcept {
  return collector_->rows();
}
const std::shared_ptr<const Schema>& Cursor::schema() const noexcept {
  return collector_->schema();
}

void Cursor::encode(const Result& row) {
  row_.clear();
  const bool binary = schema()->format() == RowFormat::binary;
  if (row.columns() != schema()->size()) {
    throw Error(connection_.options().side,
                "the query's rows do not have " + detail::counted(schema()->size(), "field"));
  }
  if (binary) put_big_endian(row_, static_cast<std::uint32_t>(row.columns()), 2);
  for (std::size_t i = 0; i < row.columns(); ++i) {
    const bool null = row.is_null(0, i);
    const auto field = row.text(0, i);
    if (binary) {
      put_big_endian(row_, null ? ~std::uint32_t{0} : static_cast<std::uint32_t>(field.size()), 4);
      if (!null) put(row_, field);
    } else {
      if (i > 0) put(row_, "\t");
      if (null) {
        put(row_, "\\N");
      } else {
        put_escaped(row_, field);
      }
    }
  }
  if (!binary) put(row_, "\n");
}

}  // namespace leat
