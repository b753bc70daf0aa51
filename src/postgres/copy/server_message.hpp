#pragma once

#include <cstdint>
#include <span>

#include "leat/core/error.hpp"

namespace leat::postgres_detail {

/// What a server says from a statement that begins a COPY to the next one. The value is the byte on the wire.
enum class ServerMessage : char {
  copy_in = 'G',          ///< CopyInResponse
  copy_out = 'H',         ///< CopyOutResponse
  copy_both = 'W',        ///< CopyBothResponse
  row = 'd',              ///< CopyData
  copy_done = 'c',        ///< CopyDone: the rows' end; the command tag follows
  complete = 'C',         ///< CommandComplete: the command tag
  ready = 'Z',            ///< ReadyForQuery
  error = 'E',            ///< ErrorResponse
  notice = 'N',           ///< NoticeResponse
  notification = 'A',     ///< NotificationResponse
  setting = 'S',          ///< ParameterStatus
  row_description = 'T',  ///< RowDescription: of a statement that is no COPY
  data_row = 'D',         ///< DataRow: of a statement that is no COPY
  empty_statement = 'I',  ///< EmptyQueryResponse
};

/// The fields of an ErrorResponse or a NoticeResponse; those that are cut off are as long as they are here.
[[nodiscard]] Error error_in(std::span<const char> body, ErrorKind side);

/// The number that ends a command tag such as "COPY 12"; zero where there is none.
[[nodiscard]] std::uint64_t tag_number(std::span<const char> body);

}  // namespace leat::postgres_detail
