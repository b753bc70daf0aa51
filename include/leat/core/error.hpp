#pragma once

#include <cstddef>
#include <exception>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/core/work_done.hpp"

namespace leat {

/// Which part of a job an error belongs to; the command's exit codes follow it.
enum class ErrorKind {
  config,       ///< options, arguments, connection ids: nothing was started
  source,       ///< the server, table or query that is read
  target,       ///< the server or table that is written
  transform,    ///< a user's hook, or rows that do not have the shape a hook asked for
  verify,       ///< both sides were compared and differ
  expectation,  ///< the rows are not what was expected of them
  cancelled,    ///< a stop was requested
};

/// "config", "source", "target", "transform", "verify", "expectation" or "cancelled".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(ErrorKind kind);

/// What is known about a failure beyond its message. Empty strings mean "not known".
struct ErrorDetails {
  std::string sqlstate{};    ///< five characters, PostgreSQL's appendix A
  std::string detail{};      ///< the server's DETAIL
  std::string hint{};        ///< what to do next: the server's HINT, or leat's own
  std::string context{};     ///< the server's CONTEXT: line and column of a COPY
  std::string where{};       ///< job, stage, item or row, as far as known
  std::string constraint{};  ///< the constraint that the server names
  std::string column{};      ///< the column that the server, or a codec, names
  bool in_doubt = false;     ///< the connection was lost during COMMIT: the rows may or may not be there
  std::string sql{};         ///< SQL of the user's own, if the error stands in it
  std::size_t position = 0;  ///< the character where, counted from 1; zero: not known
  WorkDone work{};           ///< what the job had done before
};

/// What the library throws for all that goes wrong in a job, with a server, or with options. Copies share
/// their state and never throw. Thread-safe once constructed.
///
/// Beside it, whoever calls the library may meet: Stopped, from calls that take a stop token, other than a
/// job's run(); std::bad_alloc; std::system_error, where the system gives no thread or descriptor;
/// std::logic_error, where an interface says so, for calls in an order that it does not allow; its
/// std::invalid_argument from Result's numbers; and whatever the caller's own hooks throw.
class LEAT_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, ErrorDetails details = {});

  // Compiled, so that a program has one of this type whatever its parts hide.
  [[nodiscard]] const char* what() const noexcept override;

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] std::string_view sqlstate() const noexcept { return details_->sqlstate; }
  [[nodiscard]] std::string_view detail() const noexcept { return details_->detail; }
  /// Options are named as C++ has them: ".max_rejects", "Indexes::keep".
  [[nodiscard]] std::string_view hint() const noexcept { return details_->hint; }
  [[nodiscard]] std::string_view context() const noexcept { return details_->context; }
  [[nodiscard]] std::string_view where() const noexcept { return details_->where; }
  [[nodiscard]] std::string_view constraint() const noexcept { return details_->constraint; }
  [[nodiscard]] std::string_view column() const noexcept { return details_->column; }

  /// SQL of the user's own that the server refuses: a query, a condition (`where`), an expression (`map`).
  /// Empty for all else.
  [[nodiscard]] std::string_view sql() const noexcept { return details_->sql; }
  /// The character at which the server has found the error, counted from 1 as the server does: of sql(), or
  /// if that is empty of the statement that was given to Connection::execute() and its like. Characters are
  /// those of UTF-8, not bytes. Zero: not known.
  [[nodiscard]] std::size_t position() const noexcept { return details_->position; }

  /// What the job that has failed had done before; all zero where nothing was, or for other errors.
  [[nodiscard]] const WorkDone& work() const noexcept { return details_->work; }

  /// True when the connection was lost during COMMIT. Never retry such a unit blindly.
  [[nodiscard]] bool in_doubt() const noexcept { return details_->in_doubt; }

  /// True for SQLSTATEs that another attempt may not meet again (connection, serialization, resources,
  /// shutdown) as long as the outcome is not in doubt.
  [[nodiscard]] bool retryable() const noexcept;

  /// The same error with `where()` set, unless it is known already.
  [[nodiscard]] Error at(std::string where) const;
  /// The same error with `outer`, which holds where() or stands for it, before it: "outer, where".
  [[nodiscard]] Error within(std::string outer) const;

  // The same error, in which nothing but this differs.
  [[nodiscard]] Error with_kind(ErrorKind kind) const;
  [[nodiscard]] Error with_message(const std::string& message) const;  ///< what()
  [[nodiscard]] Error with_where(std::string where) const;
  [[nodiscard]] Error with_sqlstate(std::string sqlstate) const;
  [[nodiscard]] Error with_detail(std::string detail) const;
  [[nodiscard]] Error with_hint(std::string hint) const;
  /// Standing in that SQL of the user's own, at that character.
  [[nodiscard]] Error in_sql(std::string sql, std::size_t position) const;
  [[nodiscard]] Error with_position(std::size_t position) const;
  [[nodiscard]] Error with_work(const WorkDone& work) const;
  /// `hint` stands behind what there is: "hint(); hint".
  [[nodiscard]] Error with_further_hint(const std::string& hint) const;
  [[nodiscard]] Error with_doubt() const;     ///< in_doubt(). The hint stays: it should say what to look at
  [[nodiscard]] Error without_doubt() const;  ///< its opposite. The hint stays: it may speak of the doubt

 private:
  [[nodiscard]] Error with(ErrorDetails details) const;
  [[nodiscard]] Error with(std::string ErrorDetails::*field, std::string value) const;

  ErrorKind kind_;
  std::shared_ptr<const ErrorDetails> details_;
};

/// The error for people, as the command shows it: `target: 23505: duplicate key …` (the side, SQLSTATE and
/// message), then lines of what else is known: `  detail: …`, the place in SQL, context, where, what was
/// done, hint. Each line ends with a line break. Control characters, which could control a terminal, become
/// '?'.
[[nodiscard]] LEAT_EXPORT std::string to_text(const Error& error);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const Error& error);

/// How a worker unwinds when the job it belongs to has ended: someone else failed, or a stop was requested.
/// It is never what a job's run() throws.
class LEAT_EXPORT Stopped : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override;  ///< "stopped"
};

/// True for the transient classes 08*, 40001, 40P01, 53*, 55P03 and 57P0*.
[[nodiscard]] LEAT_EXPORT bool is_transient_sqlstate(std::string_view sqlstate) noexcept;

}  // namespace leat
