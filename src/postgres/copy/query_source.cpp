#include "leat/postgres/copy/query_source.hpp"

#include <atomic>
#include <mutex>

#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/copy/detail/query_rows.hpp"
#include "leat/postgres/session/detail/own_sql.hpp"
#include "leat/postgres/session/sql_parameters.hpp"
#include "postgres/copy/query_text.hpp"
#include "postgres/copy/source_sessions.hpp"

namespace leat {
namespace {

using postgres_detail::PreparedQuery;
using postgres_detail::SourceSession;
using postgres_detail::SourceSessions;

ParameterizedSql parsed_query(const std::string& sql) {
  const auto whole = sql_without_end(sql);
  if (whole.empty()) throw Error(ErrorKind::config, "sql is empty");
  return parse_named_parameters(whole);
}

constexpr std::string_view sqlstate_read_only = "25006";

/// The server describes a DELETE … RETURNING, too, and refuses to read it.
Error with_kind_of_query(const Error& error) {
  const std::string_view state = error.sqlstate();
  if (state != "42601" && state != "0A000" && state != sqlstate_read_only) return error;
  return error.with_further_hint("a source reads a SELECT, WITH or VALUES");
}

}  // namespace

class QuerySource::Impl {
 public:
  Impl(QuerySourceOptions&& options, bool writes_values)
      : writes_values_(writes_values),
        read_(options.read),
        query_(parsed_query(options.sql)),
        own_sql_(std::move(options.sql)),
        sessions_(std::move(options.source), std::move(options.session), options.one_snapshot) {
    if (read_.batch_bytes.count() == 0) {
      throw Error(ErrorKind::config, "read.batch_bytes must be greater than zero");
    }
  }

  [[nodiscard]] SourceSessions& sessions() { return sessions_; }
  [[nodiscard]] const ReadOptions& read_options() const { return read_; }
  [[nodiscard]] bool writes_values() const { return writes_values_; }

  /// What the server says of the query. Each session is asked, since the tables may have changed meanwhile;
  /// they cannot while its transaction lasts. @throws Error (source) if it says something else than at first.
  [[nodiscard]] std::shared_ptr<const PreparedQuery> prepared(SourceSession& session,
                                                              const std::stop_token& stop) {
    if (session.was_asked) {
      if (auto known = known_query()) return known;
    }
    auto prepared =
        std::make_shared<const PreparedQuery>(*session.connection, query_, own_sql_, writes_values_, stop);
    const std::lock_guard lock(mutex_);
    if (!prepared_) prepared_ = prepared;
    session.was_asked = have_same_columns(*prepared->schema(), *prepared_->schema());
    if (session.was_asked) return prepared_;
    throw Error(
        ErrorKind::source, "the query has other columns than when it was read first",
        {.hint = "a table has changed meanwhile: run again, or close() the source before the next read"});
  }
  /// The same on a session of the source's own choice, if nobody has been asked.
  [[nodiscard]] std::shared_ptr<const PreparedQuery> prepared(const std::stop_token& stop) {
    if (auto known = known_query()) return known;
    auto session = sessions_.take(stop);
    try {
      auto query = prepared(session, stop);
      sessions_.give_back(std::move(session));
      return query;
    } catch (...) {
      sessions_.give_back(std::move(session));
      throw;
    }
  }
  /// Its columns may be others when it is asked again.
  void forget() noexcept {
    const std::lock_guard lock(mutex_);
    prepared_ = nullptr;
  }

  void enter() {
    const std::lock_guard lock(mutex_);
    ++readers_;
  }
  /// Whether nobody reads any more.
  [[nodiscard]] bool leave() noexcept {
    const std::lock_guard lock(mutex_);
    return --readers_ == 0;
  }

  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};

 private:
  [[nodiscard]] std::shared_ptr<const PreparedQuery> known_query() {
    const std::lock_guard lock(mutex_);
    return prepared_;
  }

  // Constant after construction
  const bool writes_values_;
  const ReadOptions read_;
  const ParameterizedSql query_;
  const std::string own_sql_;  // as it was given
  // Thread-safe
  SourceSessions sessions_;
  std::mutex mutex_;
  // Guarded by mutex_
  std::shared_ptr<const PreparedQuery> prepared_;
  std::size_t readers_ = 0;
};

/// One read, on one session.
class QuerySource::Rows final : public RowSource {
 public:
  Rows(Impl& source, ParameterValues values) : source_(source), values_(std::move(values)) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() override {
    // A COPY or a fetch that is under way ends its session.
    rows_.reset();
    if (!ended_ && session_.connection) session_.connection->abort();
    source_.sessions().give_back(std::move(session_));
  }

  void open(const ReadOptions& options, std::stop_token stop) override {
    if (session_.connection) throw Error(ErrorKind::config, "the rows are read already");
    session_ = source_.sessions().take(stop);
    const auto query = source_.prepared(session_, stop);
    query->check(values_);
    Connection& session = *session_.connection;
    if (!source_.writes_values()) {
      rows_ = std::make_unique<postgres_detail::CursorRows>(session, query->sql(), values_, query->schema());
      try {
        rows_->open(options, std::move(stop));
      } catch (const Error& error) {
        throw with_kind_of_query(query->in_own(error, {}));
      }
      return;
    }
    const auto literals = query->literals(session, values_);
    const std::string text = query->with(literals);
    const std::string copy = copy_query_sql(text, RowFormat::binary);
    rows_ = std::make_unique<postgres_detail::CopyRows>(session, copy, query->schema());
    try {
      rows_->open(options, std::move(stop));
    } catch (const Error& error) {
      throw with_kind_of_query(query->in_own(postgres_detail::in_own_sql(error, copy, text), literals));
    }
  }

  std::optional<RowBatch> read(std::stop_token stop) override {
    if (ended_) return std::nullopt;
    auto batch = rows_->read(std::move(stop));
    if (batch) {
      source_.rows += batch->size();
      source_.bytes += batch->bytes();
      return batch;
    }
    ended_ = true;
    ++source_.reads;
    rows_.reset();
    source_.sessions().give_back(std::move(session_));
    return std::nullopt;
  }

 private:
  Impl& source_;
  const ParameterValues values_;
  SourceSession session_;
  std::unique_ptr<RowSource> rows_;
  bool ended_ = false;
};

QuerySource::QuerySource(QuerySourceOptions options, bool writes_values)
    : impl_(std::make_unique<Impl>(std::move(options), writes_values)) {}
QuerySource::~QuerySource() = default;

std::shared_ptr<const Schema> QuerySource::schema(const std::stop_token& stop) {
  return impl_->prepared(stop)->schema();
}

std::shared_ptr<const Schema> QuerySource::schema_for_all(const ParameterValues& values,
                                                          const std::stop_token& stop) {
  try {
    const auto query = impl_->prepared(stop);
    query->check(values);
    return query->schema();
  } catch (const Error& error) {
    if (error.retryable()) throw;
    throw RunFailure(std::current_exception());
  }
}

void QuerySource::read_batches(const ParameterValues& values, const std::function<void(RowBatch)>& take,
                               const std::stop_token& stop) {
  Rows rows(*impl_, values);
  rows.open(impl_->read_options(), stop);
  while (auto batch = rows.read(stop)) take(std::move(*batch));
}

void QuerySource::read_for_item(const ParameterValues& values, const std::function<void(RowBatch)>& take,
                                const std::stop_token& stop) {
  constexpr std::string_view wrong_sql = "42";  // the class of all that is wrong with a statement
  Rows rows(*impl_, values);
  try {
    rows.open(impl_->read_options(), stop);
  } catch (const Error& error) {
    const bool is_of_sql = error.sqlstate().starts_with(wrong_sql) || error.sqlstate() == sqlstate_read_only;
    if (!is_of_sql && !impl_->sessions().has_lost_snapshot()) throw;
    throw RunFailure(std::current_exception());
  }
  while (auto batch = rows.read(stop)) take(std::move(*batch));
}

std::unique_ptr<RowSource> QuerySource::rows(ParameterValues values) {
  return std::make_unique<Rows>(*impl_, std::move(values));
}

SourcePosition QuerySource::position() const noexcept {
  return {.reads = impl_->reads, .rows = impl_->rows, .bytes = ByteCount{impl_->bytes}};
}

void QuerySource::close() noexcept {
  impl_->sessions().close();
  impl_->forget();
}

void QuerySource::enter() {
  impl_->enter();
}

void QuerySource::leave() noexcept {
  if (impl_->leave()) close();
}

}  // namespace leat
