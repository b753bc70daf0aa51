// Values of C++ types as rows, and back.
#include "leat/data/row_encoder.hpp"

#include <array>
#include <optional>
#include <random>
#include <string>
#include <tuple>

#include "leat/data/row_decoder.hpp"
#include "rows.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct Purchase {
  std::int64_t id = 0;
  std::string customer{};
  std::optional<std::int32_t> qty{};
  double price = 0;
  bool paid = false;
  std::optional<std::string> note{};

  friend bool operator==(const Purchase&, const Purchase&) = default;
};

struct Mail {
  std::string address;
};

}  // namespace

template <>
struct leat::Columns<Purchase> {
  static constexpr auto list =
      columns_of("id", &Purchase::id, "customer", &Purchase::customer, "qty", &Purchase::qty, "price",
                 &Purchase::price, "paid", &Purchase::paid, "note", &Purchase::note);
};

template <>
struct leat::Columns<Mail> {
  static constexpr auto list = columns_of("domain", [](const Mail& mail) {
    return std::string_view(mail.address).substr(mail.address.find('@') + 1);
  });
};

namespace {

std::shared_ptr<const Schema> order_columns(Oid id = oid::int8, Oid qty = oid::int4, Oid text = oid::text) {
  return schema_of({{.name = "id", .type = id},
                    {.name = "customer", .type = text},
                    {.name = "qty", .type = qty},
                    {.name = "price", .type = oid::float8},
                    {.name = "paid", .type = oid::boolean},
                    {.name = "note", .type = text}});
}

/// The same row, field by field.
void build(RowBatch& batch, const Purchase& order) {
  RowBuilder builder(batch);
  builder.begin_row();
  builder.add(order.id).add(order.customer).add(order.qty).add(order.price).add(order.paid).add(order.note);
  builder.finish_row();
}

Purchase random_purchase(std::mt19937& random) {
  const auto text = [&random] {
    std::string made(random() % 40, 'x');
    for (char& c : made) c = static_cast<char>('a' + random() % 26);
    return made;
  };
  Purchase order{.id = static_cast<std::int64_t>(random()) - 2'000'000'000,
                 .customer = text(),
                 .price = static_cast<double>(random()) / 7,
                 .paid = random() % 2 == 0};
  if (random() % 3 != 0) order.qty = static_cast<std::int32_t>(random() % 30000);
  if (random() % 3 != 0) order.note = text();
  return order;
}

std::string message_of(const std::function<void()>& body, ErrorKind kind) {
  try {
    body();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("row encoder: values become the rows that a builder makes, and are read back") {
  const RandomRun run(20, 5);
  std::mt19937 random(run.seed());
  // Types of the fields' own width, narrower and wider ones, and texts whose bytes are not the text alone.
  const auto schema = GENERATE(order_columns(), order_columns(oid::int4, oid::int2),
                               order_columns(oid::int8, oid::int8, oid::jsonb));
  const RowEncoder<Purchase> encoder(schema);
  RowBatch encoded(schema);
  RowBatch built(schema);
  std::vector<Purchase> all;
  for (std::size_t i = 0; i < 100 * run.rounds(); ++i) {
    all.push_back(random_purchase(random));
    if (schema->columns()[0].type == oid::int4) all.back().id %= 1000;
    encoder.append(all.back(), encoded);
    build(built, all.back());
  }
  REQUIRE(encoded.size() == all.size());
  CHECK(hex(encoded.data()) == hex(built.data()));
  if (schema->columns()[0].type != oid::int8 || schema->columns()[2].type != oid::int4) return;
  const RowDecoder<Purchase> decode(*schema);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(decode(encoded.row(i)) == all[i]);
}

TEST_CASE("row encoder: a value that does not fit leaves the batch as it was, and names its column") {
  const auto schema = order_columns(oid::int8, oid::int2);
  const RowEncoder<Purchase> encoder(schema);
  RowBatch batch(schema);
  encoder.append({.id = 1, .customer = "a"}, batch);
  const std::string before = hex(batch.data());
  const auto refuse = [&](const Purchase& order) {
    const auto said = message_of([&] { encoder.append(order, batch); }, ErrorKind::transform);
    CHECK(hex(batch.data()) == before);
    CHECK(batch.size() == 1);
    return said;
  };
  CHECK(refuse({.customer = "a", .qty = 40000}).find("\"qty\"") != std::string::npos);
  CHECK(refuse({.customer = std::string("a\0b", 3)}).find("\"customer\"") != std::string::npos);
  CHECK(refuse({.customer = "a", .note = std::string(100, 'y') + std::string(1, '\0')}).find("\"note\"") !=
        std::string::npos);
  CHECK(refuse({.customer = "a", .note = std::string("12345\0789", 9)}).find("\"note\"") !=
        std::string::npos);
  encoder.append({.id = 2, .customer = "b"}, batch);
  CHECK(batch.row(1).get<std::int64_t>("id") == 2);
}

TEST_CASE("row encoder: a zero byte is found wherever it stands in a text") {
  const auto schema = schema_of({{.name = "v", .type = oid::text}});
  const RowEncoder<std::tuple<std::string>> encoder(schema);
  for (std::size_t size = 0; size < 40; ++size) {
    RowBatch batch(schema);
    const std::string text(size, '\x80');  // the sign bit is what the test by words must not take for zero
    encoder.append({text}, batch);
    CHECK(batch.row(0).get<std::string_view>(0) == text);
    for (std::size_t at = 0; at < size; ++at) {
      std::string wrong = text;
      wrong[at] = '\0';
      CHECK_THROWS_AS(encoder.append({wrong}, batch), Error);
    }
    CHECK(batch.size() == 1);
  }
}

TEST_CASE("row encoder: tuples go by position, and a column may be computed") {
  const auto schema = schema_of({{.name = "a", .type = oid::int4}, {.name = "b", .type = oid::text}});
  const RowEncoder<std::tuple<int, const char*>> encoder(schema);
  RowBatch batch(schema);
  encoder.append({7, "seven"}, batch);
  const auto [number, text] = RowDecoder<std::pair<std::int32_t, std::string>>(*schema)(batch.row(0));
  CHECK(number == 7);
  CHECK(text == "seven");

  const auto domains = schema_of({{.name = "domain", .type = oid::text}});
  RowBatch mails(domains);
  RowEncoder<Mail>(domains).append({"a@b.org"}, mails);
  CHECK(mails.row(0).get<std::string_view>(0) == "b.org");
}

TEST_CASE("row encoder: what does not fit the schema is refused before the first row") {
  using Pair = std::pair<std::int32_t, std::string>;
  const auto made_for = [](std::vector<Column> columns) {
    return message_of([&] { const RowEncoder<Pair> encoder(schema_of(std::move(columns))); },
                      ErrorKind::config);
  };
  CHECK(made_for({{.name = "a", .type = oid::int4}}).find("2 fields") != std::string::npos);
  const auto types = made_for({{.name = "a", .type = oid::int4}, {.name = "b", .type = oid::uuid}});
  CHECK(types.find("\"b\"") != std::string::npos);
  CHECK(types.find("std::string") != std::string::npos);
  const auto schema = schema_of({{.name = "host", .type = oid::text}});
  CHECK(message_of([&] { const RowEncoder<Mail> encoder(schema); }, ErrorKind::config).find("\"domain\"") !=
        std::string::npos);
}

TEST_CASE("row decoder: a NULL that the type has no place for names row and column") {
  const auto schema = schema_of({{.name = "a", .type = oid::int4}});
  RowBatch batch(schema);
  RowEncoder<std::tuple<std::optional<std::int32_t>>>(schema).append({std::nullopt}, batch);
  const RowDecoder<std::tuple<std::int32_t>> decode(*schema);
  CHECK(message_of([&] { static_cast<void>(decode(batch.row(0))); }, ErrorKind::transform).find("\"a\"") !=
        std::string::npos);
}
