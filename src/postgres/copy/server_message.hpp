#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "leat/core/error.hpp"
#include "leat/postgres/copy/beside_copy.hpp"

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
  row_description = 'T',  ///< RowDescription: of a statement beside the COPY
  data_row = 'D',         ///< DataRow: of a statement beside the COPY
  empty_statement = 'I',  ///< EmptyQueryResponse
};

/// The fields of an ErrorResponse or a NoticeResponse; those that are cut off are as long as they are here.
[[nodiscard]] Error error_in(std::span<const char> body, ErrorKind side);

/// The number of rows in the command tag of a COPY, such as "COPY 12"; nullopt for a tag of something else.
[[nodiscard]] std::optional<std::uint64_t> copied_rows(std::span<const char> body);

/// The values in a DataRow, as text; those that are cut off are as long as they are here.
[[nodiscard]] BesideRow values_in(std::span<const char> body);

}  // namespace leat::postgres_detail
