#include <cstdlib>
#include <utility>

#include "postgres/copy/copy_input.hpp"
#include "postgres/copy/copy_wire.hpp"

namespace leat::postgres_detail {
namespace {

// A server sends 8 KiB at a time. While rows flow, a moment's patience brings many such pieces by one
// wake-up, which costs more than what it brings; it is short against the time in which a socket's buffer
// fills.
constexpr std::chrono::microseconds gather{500};

class WireInput final : public CopyInput {
 public:
  WireInput(Connection::Impl& session, const std::string& sql, std::shared_ptr<const Schema> schema,
            ReadOptions options, const BesideCopy& beside, const std::stop_token& stop)
      : CopyInput(session, std::move(schema), options), wire_(session) {
    wire_.start(sql, ServerMessage::copy_out, beside, stop);
  }

  WireInput(const WireInput&) = delete;
  WireInput& operator=(const WireInput&) = delete;
  ~WireInput() override { wire_.hear_end(); }

  [[nodiscard]] const std::vector<BesideRow>& beside() const override { return wire_.beside(); }

 private:
  void fill(const std::stop_token& stop) override {
    while (true) {
      while (const auto message = wire_.peek()) {
        if (message->type != ServerMessage::row) {
          const bool ready = wire_.control(*message);
          wire_.consume();
          if (!ready) continue;
          wire_.hear_rest();
          end(wire_.affected());
          return;
        }
        const auto row = row_of(message->body);
        if (!row.empty() && !rows_.add(row)) return;  // the message stays for the next batch
        wire_.consume();
        if (rows_.full()) return;
      }
      if (wire_.is_wide()) {
        if (rows_.empty()) take_wide(stop);
        return;
      }
      if (wire_.drained()) {
        if (!rows_.empty()) session_.wake_up.pause(gather, stop);
        if (!wait(stop)) return;
      }
      wire_.receive();
    }
  }

  void take_wide(const std::stop_token& stop) {
    const bool first = !header_seen();
    WideRow wide = wire_.receive_wide(stop);
    const auto row = row_of(wide.bytes());
    if (first || row.size() <= rows_.limit()) {
      static_cast<void>(rows_.add(row));
    } else {
      rows_.adopt(reinterpret_cast<std::byte*>(wide.release()), row.size(), &std::free);
    }
  }

  CopyWire wire_;
};

}  // namespace

std::unique_ptr<CopyInput> wire_input(Connection::Impl& session, const std::string& sql,
                                      std::shared_ptr<const Schema> schema, ReadOptions options,
                                      const BesideCopy& beside, const std::stop_token& stop) {
  return std::make_unique<WireInput>(session, sql, std::move(schema), options, beside, stop);
}

}  // namespace leat::postgres_detail
