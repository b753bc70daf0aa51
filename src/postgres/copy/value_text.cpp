#include "leat/postgres/copy/detail/value_text.hpp"

#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

std::vector<std::optional<std::string>> print_values(Connection& connection,
                                                     std::span<const BinaryValue> values,
                                                     const std::stop_token& stop) {
  if (values.empty()) return {};
  auto& session = SessionAccess::impl(connection);
  session.require_open();
  if (stop.stop_requested()) throw Stopped();
  std::string sql = "SELECT ";
  std::vector<::Oid> types;
  std::vector<const char*> places;
  std::vector<int> lengths;
  for (const auto& value : values) {
    types.push_back(value.type);
    // Where there is a value there is a place, even for no bytes.
    places.push_back(!value.bytes           ? nullptr
                     : value.bytes->empty() ? ""
                                            : reinterpret_cast<const char*>(value.bytes->data()));
    lengths.push_back(value.bytes ? static_cast<int>(value.bytes->size()) : 0);
    sql += (types.size() > 1 ? ", $" : "$") + std::to_string(types.size());
  }
  const std::vector<int> formats(values.size(), 1);
  const auto deadline = session.silence_deadline();
  session.send_begin(deadline, stop);
  if (PQsendQueryParams(session.conn, sql.c_str(), static_cast<int>(values.size()), types.data(),
                        places.data(), lengths.data(), formats.data(), 0) != 1) {
    throw session.connection_error();
  }
  session.wire_status = 0;
  session.flush(deadline, stop);
  const Result result = session.finish_statement(deadline, stop);
  std::vector<std::optional<std::string>> texts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (result.is_null(0, i)) {
      texts.emplace_back();
    } else {
      texts.emplace_back(result.text(0, i));
    }
  }
  return texts;
}

}  // namespace leat::postgres_detail
