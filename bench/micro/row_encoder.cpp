// Structs of six fields as rows in memory: RowEncoder, by which CopySink writes, against an encoder that is
// written by hand for that struct, and knows its size before it writes. Prints lines for run.sh: name, value,
// limit, unit, separated by tabs.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "leat/data/row_encoder.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const place = std::malloc(size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}

namespace {

struct Order {
  std::int64_t id;
  std::string customer;
  std::int32_t qty;
  double price;
  std::optional<std::string> note;
  bool paid;
};

constexpr std::size_t rows = 10'000;
constexpr int rounds = 200;

using Clock = std::chrono::steady_clock;

/// What is written by hand: one growing buffer, and nothing of where rows end.
class ByHand {
 public:
  void append(const Order& order) {
    const std::size_t note = order.note ? order.note->size() : 0;
    next_ = room_for(2 + 12 + 4 + order.customer.size() + 8 + 12 + 4 + note + 5);
    number(std::int16_t{6});
    field(order.id);
    text(order.customer);
    field(order.qty);
    field(std::bit_cast<std::int64_t>(order.price));
    if (order.note) {
      text(*order.note);
    } else {
      number(std::int32_t{-1});
    }
    field(static_cast<std::int8_t>(order.paid ? 1 : 0));
  }
  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::byte* room_for(std::size_t more) {
    if (size_ + more > bytes_.size()) bytes_.resize(std::max(2 * bytes_.size(), size_ + more));
    size_ += more;
    return bytes_.data() + size_ - more;
  }
  template <class Number>
  void number(Number value) {
    leat::detail::store<Number>(next_, value);
    next_ += sizeof value;
  }
  template <class Number>
  void field(Number value) {
    number(static_cast<std::int32_t>(sizeof value));
    number(value);
  }
  void text(const std::string& value) {
    number(static_cast<std::int32_t>(value.size()));
    std::memcpy(next_, value.data(), value.size());
    next_ += value.size();
  }

  std::vector<std::byte> bytes_;
  std::size_t size_ = 0;
  std::byte* next_ = nullptr;
};

template <class Pass>
double nanoseconds_of(const Pass& pass) {
  const auto begin = Clock::now();
  pass();
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

}  // namespace

template <>
struct leat::Columns<Order> {
  static constexpr auto list = columns_of("id", &Order::id, "customer", &Order::customer, "qty", &Order::qty,
                                          "price", &Order::price, "note", &Order::note, "paid", &Order::paid);
};

int main() {
  namespace oid = leat::oid;
  std::vector<Order> orders;
  for (std::size_t i = 0; i < rows; ++i) {
    orders.push_back({.id = static_cast<std::int64_t>(i),
                      .customer = "customer " + std::to_string(i),
                      .qty = static_cast<std::int32_t>(i % 7),
                      .price = static_cast<double>(i) / 2,
                      .note = i % 3 == 0 ? std::nullopt : std::optional<std::string>("gift"),
                      .paid = i % 2 == 0});
  }
  const auto schema = std::make_shared<const leat::Schema>(std::vector<leat::Column>{{"id", oid::int8},
                                                                                     {"customer", oid::text},
                                                                                     {"qty", oid::int4},
                                                                                     {"price", oid::float8},
                                                                                     {"note", oid::text},
                                                                                     {"paid", oid::boolean}});
  const leat::RowEncoder<Order> encoder(schema);
  leat::RowBatch batch(schema);
  ByHand by_hand;
  const auto encode = [&] {
    batch.clear();
    for (const Order& order : orders) encoder.append(order, batch);
  };
  const auto write = [&] {
    by_hand.clear();
    for (const Order& order : orders) by_hand.append(order);
  };
  encode();
  write();
  if (batch.bytes() != by_hand.size()) {
    std::fprintf(stderr, "the encoders differ: %zu and %zu bytes\n", batch.bytes(), by_hand.size());
    return 1;
  }
  // By turns, so that whatever else the machine does meets both. The least is what the code itself takes.
  const std::size_t before = allocations;
  double encoded = nanoseconds_of(encode);
  double written = nanoseconds_of(write);
  for (int i = 0; i < rounds; ++i) {
    encoded = std::min(encoded, nanoseconds_of(encode));
    written = std::min(written, nanoseconds_of(write));
  }
  std::printf("structs of six fields as rows: time, of an encoder by hand\t%.3f\t1.4\tratio\n",
              encoded / written);
  std::printf("structs of six fields as rows: a row\t%.2f\t-\tns\n", encoded / rows);
  std::printf("structs of six fields as rows: allocations\t%zu\t0\tcalls\n", allocations - before);
  return 0;
}
