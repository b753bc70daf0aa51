#include "leat/postgres/copy/copy_writer.hpp"

#include <span>
#include <utility>

#include "postgres/copy/copy_output.hpp"
#include "postgres/copy/copy_wire.hpp"

namespace leat {

CopyWriter::CopyWriter(Connection& connection, const std::string& sql, RowFormat format, std::stop_token stop)
    : CopyWriter(connection, sql, format, BesideCopy(), std::move(stop)) {}

CopyWriter::CopyWriter(Connection& connection, const std::string& sql, RowFormat format,
                       const BesideCopy& beside, std::stop_token stop)
    : connection_(connection) {
  auto& session = postgres_detail::SessionAccess::impl(connection_);
  session.require_open();
  output_ = postgres_detail::CopyWire::possible(session)
                ? postgres_detail::wire_output(session, sql, format, beside, stop)
                : postgres_detail::libpq_output(session, sql, format, beside, stop);
}

CopyWriter::~CopyWriter() {
  if (output_) connection_.abort();
}

void CopyWriter::write(const RowBatch& batch, std::stop_token stop) {
  write(batch, 0, batch.size(), std::move(stop));
}

void CopyWriter::write(const RowBatch& batch, std::size_t first, std::size_t count, std::stop_token stop) {
  const auto rows = batch.data(first, count);
  output_->write({reinterpret_cast<const char*>(rows.data()), rows.size()}, stop);
  bytes_ += rows.size();
}

void CopyWriter::check(std::stop_token stop) {
  output_->check(stop);
}

bool CopyWriter::give_up() noexcept {
  const auto& session = postgres_detail::SessionAccess::impl(connection_);
  if (!connection_.is_open() || session.transaction_status() == PQTRANS_ACTIVE) return false;
  output_.reset();
  return true;
}

std::uint64_t CopyWriter::finish(std::stop_token stop) {
  const std::uint64_t rows = output_->finish(stop);
  beside_ = output_->beside();
  output_.reset();
  return rows;
}

}  // namespace leat
