#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/schema.hpp"
#include "leat/postgres/copy/beside_copy.hpp"
#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

/// Bytes of one CopyData message. Nothing is gained by larger ones.
inline constexpr std::size_t copy_piece = std::size_t{64} << 10U;

/// The sending end of a COPY … FROM STDIN. The constructor has sent binary COPY's header.
class CopyOutput {
 public:
  CopyOutput() = default;
  CopyOutput(const CopyOutput&) = delete;
  CopyOutput& operator=(const CopyOutput&) = delete;
  virtual ~CopyOutput() = default;

  /// Sends whole rows.
  virtual void write(std::span<const char> rows, const std::stop_token& stop) = 0;
  /// Throws the server's error, if it has reported one; does not wait.
  virtual void check(const std::stop_token& stop) = 0;
  /// Ends the COPY; returns the server's count of rows.
  virtual std::uint64_t finish(const std::stop_token& stop) = 0;
  /// What statements beside the COPY have returned so far.
  [[nodiscard]] virtual const std::vector<BesideRow>& beside() const = 0;
};

/// Through libpq: works with every connection.
[[nodiscard]] std::unique_ptr<CopyOutput> libpq_output(Connection::Impl& session, const std::string& sql,
                                                       RowFormat format, const BesideCopy& beside,
                                                       const std::stop_token& stop);

/// On the socket itself: where CopyWire::possible().
[[nodiscard]] std::unique_ptr<CopyOutput> wire_output(Connection::Impl& session, const std::string& sql,
                                                      RowFormat format, const BesideCopy& beside,
                                                      const std::stop_token& stop);

}  // namespace leat::postgres_detail
