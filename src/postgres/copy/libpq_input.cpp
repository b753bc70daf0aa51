#include <utility>

#include "postgres/copy/copy_input.hpp"
#include "postgres/copy/libpq_copy.hpp"

namespace leat::postgres_detail {
namespace {

class LibpqInput final : public CopyInput {
 public:
  LibpqInput(Connection::Impl& session, const std::string& sql, std::shared_ptr<const Schema> schema,
             ReadOptions options, const BesideCopy& beside, const std::stop_token& stop)
      : CopyInput(session, std::move(schema), options) {
    start_copy(session_, join(beside.before, sql, beside.after), PGRES_COPY_OUT, beside_, stop);
  }

  [[nodiscard]] const std::vector<BesideRow>& beside() const override { return beside_; }

 private:
  struct Free {
    void operator()(char* message) const noexcept { PQfreemem(message); }
  };

  void fill(const std::stop_token& stop) override {
    if (pending_ && !take()) return;
    bool read_ahead = false;  // what libpq can get without waiting has been got
    while (!rows_.full()) {
      char* data = nullptr;
      const int size = PQgetCopyData(session_.conn, &data, 1);
      if (size > 0) {
        read_ahead = false;
        pending_.reset(data);
        row_ = row_of({data, static_cast<std::size_t>(size)});
        if (row_.empty()) {
          pending_.reset();
        } else if (!take()) {
          return;
        }
      } else if (size < 0) {
        finish(stop);
        return;
      } else if (read_ahead) {
        if (!wait(stop)) return;
        read_ahead = false;
      } else {
        read_ahead = true;
        if (PQconsumeInput(session_.conn) == 1) continue;
        // The connection is gone; what the server said last may still stand in libpq's buffer.
        if (PQgetCopyData(session_.conn, &data, 1) < 0) finish(stop);
        PQfreemem(data);
        throw session_.connection_error();
      }
    }
  }

  /// Puts the pending row into the batch; false when it has to wait for the next one, or was one by itself.
  bool take() {
    const auto* begin = reinterpret_cast<const std::byte*>(pending_.get());
    if (rows_.empty() && row_.size() > rows_.limit() && row_.data() == begin) {
      rows_.adopt(reinterpret_cast<std::byte*>(pending_.release()), row_.size(), &PQfreemem);
      return false;
    }
    if (!rows_.add(row_)) return false;
    pending_.reset();
    return true;
  }

  void finish(const std::stop_token& stop) {
    const Result result = finish_copy(session_, beside_, stop);
    if (!result) throw session_.connection_error();
    end(result.affected());
  }

  std::unique_ptr<char, Free> pending_;  // libpq's message with a row that is not in a batch yet
  std::span<const std::byte> row_;       // of it
  std::vector<BesideRow> beside_;
};

}  // namespace

std::unique_ptr<CopyInput> libpq_input(Connection::Impl& session, const std::string& sql,
                                       std::shared_ptr<const Schema> schema, ReadOptions options,
                                       const BesideCopy& beside, const std::stop_token& stop) {
  return std::make_unique<LibpqInput>(session, sql, std::move(schema), options, beside, stop);
}

}  // namespace leat::postgres_detail
