#include <algorithm>
#include <array>
#include <vector>

#include "postgres/copy/copy_format.hpp"
#include "postgres/copy/copy_output.hpp"
#include "postgres/copy/copy_wire.hpp"

namespace leat::postgres_detail {
namespace {

using Header = std::array<char, 5>;  // a message's type and its length, which counts itself

Header header_of(char type, std::size_t body) {
  Header header{type};
  write_uint32(header.data() + 1, static_cast<std::uint32_t>(body + 4));
  return header;
}

class WireOutput final : public CopyOutput {
 public:
  WireOutput(Connection::Impl& session, const std::string& sql, RowFormat format, const BesideCopy& beside,
             const std::stop_token& stop)
      : session_(session), wire_(session), format_(format) {
    wire_.start(sql, ServerMessage::copy_in, beside, stop);
    if (format_ == RowFormat::binary) write(binary_header, stop);
  }

  void write(std::span<const char> rows, const std::stop_token& stop) override {
    if (stop.stop_requested()) {
      session_.abort();
      throw Stopped();
    }
    if (session_.conn == nullptr) session_.require_open();
    const std::size_t pieces = (rows.size() + copy_piece - 1) / copy_piece;
    headers_.resize(pieces);
    parts_.clear();
    for (std::size_t i = 0; i < pieces; ++i) {
      const auto piece = rows.subspan(i * copy_piece, std::min(copy_piece, rows.size() - i * copy_piece));
      headers_[i] = header_of('d', piece.size());
      parts_.emplace_back(headers_[i]);
      parts_.push_back(piece);
    }
    wire_.send(parts_, stop);
    wire_.listen();
  }

  void check(const std::stop_token& /*stop*/) override {
    if (session_.conn == nullptr) session_.require_open();
    wire_.listen();
  }

  std::uint64_t finish(const std::stop_token& stop) override {
    if (format_ == RowFormat::binary) write(binary_trailer, stop);
    const Header done = header_of('c', 0);
    const std::array<std::span<const char>, 1> parts{std::span<const char>(done)};
    wire_.send(parts, stop);
    wire_.finish(session_.silence_deadline(), stop);
    return wire_.affected();
  }

  [[nodiscard]] const std::vector<BesideRow>& beside() const override { return wire_.beside(); }

 private:
  Connection::Impl& session_;
  CopyWire wire_;
  RowFormat format_;
  std::vector<Header> headers_;  // kept for their memory
  std::vector<std::span<const char>> parts_;
};

}  // namespace

std::unique_ptr<CopyOutput> wire_output(Connection::Impl& session, const std::string& sql, RowFormat format,
                                        const BesideCopy& beside, const std::stop_token& stop) {
  return std::make_unique<WireOutput>(session, sql, format, beside, stop);
}

}  // namespace leat::postgres_detail
