#include "leat/postgres/copy/copy_reader.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/detail/report_lines.hpp"
#include "postgres/copy/copy_format.hpp"
#include "postgres/copy/copy_input.hpp"
#include "postgres/copy/copy_wire.hpp"

namespace leat {
namespace postgres_detail {

CopyInput::CopyInput(Connection::Impl& session, std::shared_ptr<const Schema> schema, ReadOptions options)
    : session_(session),
      rows_(std::move(schema), options),
      binary_(rows_.schema()->format() == RowFormat::binary) {
  header_seen_ = !binary_;
}

CopyInput::~CopyInput() {
  if (session_.conn == nullptr) return;
  if (session_.transaction_status() == PQTRANS_ACTIVE) session_.abort();
}

std::optional<RowBatch> CopyInput::read(const std::stop_token& stop) {
  if (server_rows_) return std::nullopt;
  if (stop.stop_requested()) {
    session_.abort();
    throw Stopped();
  }
  if (session_.conn == nullptr) session_.require_open();
  flush_at_ = Clock::time_point::max();
  fill(stop);
  return rows_.take();
}

bool CopyInput::wait(const std::stop_token& stop) {
  if (rows_.empty()) {
    session_.wait(Readiness::read, session_.silence_deadline(), stop);
    return true;
  }
  const auto now = Clock::now();
  if (flush_at_ == Clock::time_point::max()) flush_at_ = now + rows_.options().flush_after;
  if (now >= flush_at_) return false;
  try {
    const auto deadline = std::min(flush_at_, session_.silence_deadline());
    return session_.wake_up.wait(PQsocket(session_.conn), Readiness::read, deadline, stop) ==
           WaitResult::ready;
  } catch (const Stopped&) {
    session_.abort();
    throw;
  }
}

std::span<const std::byte> CopyInput::row_of(std::span<const char> message) {
  if (!header_seen_) {
    const auto begin = header_size(message.data(), message.size());
    if (!begin)
      throw Error(session_.options.side, "the server's COPY data does not begin with a binary header");
    message = message.subspan(*begin);
    header_seen_ = true;
  }
  if (binary_ && !message.empty()) {
    if (is_trailer(message.data(), message.size())) return {};
    const auto fields = field_count(message.data(), message.size());
    if (!fields || static_cast<std::size_t>(*fields) != rows_.schema()->size()) {
      throw Error(session_.options.side,
                  "row " + std::to_string(rows_.rows() + 1) + " does not have " +
                      detail::counted(rows_.schema()->size(), "field"),
                  {.hint = "the table was changed while it was read: run the job again"});
    }
  }
  return std::as_bytes(message);
}

}  // namespace postgres_detail

CopyReader::CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema,
                       ReadOptions options, std::stop_token stop)
    : CopyReader(connection, sql, std::move(schema), options, BesideCopy(), std::move(stop)) {}

CopyReader::CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema,
                       ReadOptions options, const BesideCopy& beside, std::stop_token stop) {
  auto& session = postgres_detail::SessionAccess::impl(connection);
  session.require_open();
  input_ = postgres_detail::CopyWire::possible(session)
               ? postgres_detail::wire_input(session, sql, std::move(schema), options, beside, stop)
               : postgres_detail::libpq_input(session, sql, std::move(schema), options, beside, stop);
}

CopyReader::CopyReader(CopyReader&&) noexcept = default;
CopyReader& CopyReader::operator=(CopyReader&&) noexcept = default;
CopyReader::~CopyReader() = default;

std::optional<RowBatch> CopyReader::read(std::stop_token stop) {
  return input_->read(stop);
}
std::uint64_t CopyReader::rows() const noexcept {
  return input_->rows().rows();
}
std::optional<std::uint64_t> CopyReader::server_rows() const noexcept {
  return input_->server_rows();
}
const std::vector<BesideRow>& CopyReader::beside() const noexcept {
  return input_->beside();
}
const std::shared_ptr<const Schema>& CopyReader::schema() const noexcept {
  return input_->rows().schema();
}

}  // namespace leat
