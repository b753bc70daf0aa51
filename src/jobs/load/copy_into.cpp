#include "jobs/load/copy_into.hpp"

#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

std::string CopyInto::sql(RowFormat format) const {
  return copy_from_sql(setup_.table, setup_.columns, format);
}

void CopyInto::begin(RowFormat format, const BesideCopy& beside, std::stop_token stop) {
  if (setup_.rejects != nullptr) {
    rejecting_.emplace(connection_, *setup_.rejects, sql(format), format, stop);
  } else {
    writer_.emplace(connection_, sql(format), format, beside, std::move(stop));
  }
}

void CopyInto::write(const RowBatch& batch, std::stop_token stop) {
  if (setup_.pace) setup_.pace->wait(ByteCount{batch.bytes()}, stop);
  if (rejecting_) {
    rejecting_->write(batch, stop);
  } else {
    writer_->write(batch, std::move(stop));
  }
  rows_sent_ += batch.size();
}

void CopyInto::check(std::stop_token stop) {
  if (writer_) {
    writer_->check(std::move(stop));
  } else {
    // No COPY is under way, so a session that was ended shows only when it is asked something.
    static_cast<void>(connection_.execute("SELECT", {}, std::move(stop)));
  }
}

std::uint64_t CopyInto::finish(std::stop_token stop) {
  if (rejecting_) {
    rows_copied_ = rejecting_->finish(stop);
    rows_sent_ -= rejecting_->rejected();
  } else {
    rows_copied_ = writer_->finish(std::move(stop));
  }
  return rows_copied_;
}

}  // namespace leat::jobs_detail
