// Row hooks that change the shape of rows: what arrives, and what is refused before anything is changed.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bed.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// 10,000 rows; those of every tenth have no words.
void make_texts(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, email text, words text); INSERT INTO t SELECT i, 'm' || i, CASE "
      "WHEN i % 10 > 0 THEN repeat('w ', i % 10) END FROM generate_series(1, 10000) i");
}

std::size_t count_words(std::optional<std::string_view> text) {
  return text ? static_cast<std::size_t>(std::count(text->begin(), text->end(), ' ')) : 0;
}

/// Writes a row for each word, and one into "audit" for each row without one.
auto split_words(const HookColumns& columns) {
  return [id = columns.input().field<std::int32_t>("id"),
          words = columns.input().field<std::optional<std::string_view>>("words"),
          audit = columns.beside("audit")](const RowView& row, RowOutput& out) {
    const std::size_t count = count_words(row.get(words));
    for (std::size_t i = 1; i <= count; ++i) out.add_row(std::int64_t{row.get(id)}, i);
    if (count == 0) out.to(audit).add_row(row.get(id), "no words");
  };
}

RowShape words_and_audit() {
  return {.columns = {{"id", oid::int8}, {"word", oid::int4}},
          .beside = {{"audit", {{"id", oid::int4}, {"why", oid::text}}}}};
}

void check_split(const Bed& bed, const JobReport& report) {
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id), sum(word) FROM t") == "45000|9000|165000");
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id), min(id % 10), max(id % 10) FROM audit") ==
        "1000|1000|0|0");
  CHECK(report.rows_read == 10000);
  CHECK(report.rows_dropped == 1000);
  CHECK(report.rows_added == 36000);
  CHECK(report.rows_written == 45000);
  REQUIRE(report.rows_beside.size() == 1);
  CHECK(report.rows_beside[0].table == "public.audit");
  CHECK(report.rows_beside[0].rows == 1000);
}

/// What stands against a job with that hook, by plan() and by run() alike; nothing is changed.
std::string refusal(const Bed& bed, CopyTableOptions options) {
  const JobPlan plan = CopyTable(options).plan();
  REQUIRE(has_error(plan.findings));
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::config);
  CHECK_FALSE(error.hint().empty());
  CHECK(std::string(error.what()) == to_error(plan.findings).what());
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  return error.what();
}

}  // namespace

TEST_CASE("shape: columns are left out, added and changed", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst("CREATE TABLE t (hash bytea, id bigint, words text)");
  auto options = bed.copy();
  options.transform = Transform::shaped(
      [](const Schema& columns) {
        return RowShape::of(columns)
            .without("email")
            .with(column_of<std::int64_t>("id"))
            .with({"hash", oid::bytea});
      },
      [](const HookColumns& columns) {
        return [from = columns.input().field<std::int32_t>("id"), email = columns.input().index_of("email"),
                id = columns.output().field<std::int64_t>("id"),
                hash = columns.output().index_of("hash")](const RowView& row, RowOutput& out) {
          out.copy_matching(row).set(id, row.get(from) * std::int64_t{1'000'000}).set(hash, *row.raw(email));
        };
      });
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_written == 10000);
  CHECK(report.rows_added == 0);
  CHECK(report.rows_dropped == 0);
  CHECK(report.rows_beside.empty());
  const std::string rows = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) FROM ";
  CHECK(bed.dst(rows + "t") ==
        bed.src(rows +
                "(SELECT convert_to(email, 'UTF8') AS hash, id * 1000000::bigint AS id, words FROM t) t"));
}

TEST_CASE("shape: a column that is declared NOT NULL and left unset is an error before it is sent",
          "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst("CREATE TABLE t (id int, hash text, note text)");
  auto options = bed.copy();
  const auto shape = [](const Schema& columns) {
    return RowShape::of(columns)
        .without("email")
        .without("words")
        .with(column_of<std::string>("hash"))
        .with(column_of<std::optional<std::string>>("note"));
  };
  // The target would take the NULL.
  options.transform = Transform::shaped(shape, [](const RowView& row, RowOutput& out) {
    const auto id = row.get<std::int32_t>("id");
    RowEdit edit = out.copy_matching(row);
    if (id != 77) edit.set("hash", "h");
  });
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::transform);
  CHECK(std::string(error.what()) ==
        "the row hook has not set column \"hash\" (text), which is declared NOT NULL");
  CHECK(error.column() == "hash");
  CHECK(error.where() == "row 77 (id = 77)");
  CHECK_FALSE(error.hint().empty());
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  // What may be NULL need not be set, and a row that an error has removed is not asked.
  options.transform = Transform::shaped(shape, [](const RowView& row, RowOutput& out) {
    try {
      out.copy_matching(row).set("hash", 1);
    } catch (const Error&) {
      out.copy_matching(row).set("hash", "h");
    }
  });
  CHECK(CopyTable(options).run().rows_written == 10000);
  CHECK(bed.dst("SELECT count(*) FROM t WHERE hash = 'h' AND note IS NULL") == "10000");
}

TEST_CASE("shape: one row becomes none, one or many, and others go beside", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst(
      "CREATE TABLE t (id bigint, word int); CREATE TABLE audit (at timestamptz DEFAULT now(), id int, why "
      "text)");
  auto options = bed.copy();
  options.transform = Transform::shaped(words_and_audit(), split_words);
  SECTION("of a table") {
    const JobReport report = CopyTable(options).run();
    check_split(bed, report);
    CHECK(to_json(report).find(R"("rows_added":36000)") != std::string::npos);
    CHECK(to_json(report).find(R"("public.audit":1000)") != std::string::npos);
  }
  SECTION("in small batches, several workers") {
    options.stream.batch_bytes = ByteCount{4U << 10U};
    options.transform_workers = 3;
    check_split(bed, CopyTable(options).run());
  }
  SECTION("of a query") {
    auto query = bed.query("SELECT * FROM t");
    query.transform = options.transform;
    SECTION("by COPY") {}
    SECTION("as a job") {
      query.delivery.job = "words";
    }
    check_split(bed, AdHocQuery(query).run());
  }
}

TEST_CASE("shape: rows beside are there exactly if those of the target are", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst("CREATE TABLE t (id bigint, word int); CREATE TABLE audit (id int, why text)");
  auto options = bed.copy();
  options.stream.batch_bytes = ByteCount{4U << 10U};  // so that rows beside are written meanwhile
  options.mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::swap);
  options.transform = Transform::shaped(words_and_audit(), split_words);
  SECTION("the hook fails on the last row") {
    options.transform = Transform::shaped(words_and_audit(), [](const HookColumns& columns) {
      return [split = split_words(columns)](const RowView& row, RowOutput& out) mutable {
        if (row.get<std::int32_t>("id") == 10000) throw std::domain_error("its own");
        split(row, out);
      };
    });
    CHECK_THROWS_AS(start(options)->wait(), std::domain_error);
  }
  SECTION("the target refuses the last row") {
    bed.dst("ALTER TABLE t ADD CHECK (id < 9999)");
    CHECK(error_of(options).sqlstate() == "23514");
  }
  SECTION("the table beside refuses the last row") {
    bed.dst("ALTER TABLE audit ADD CHECK (id < 10000)");
    const Error error = error_of(options);
    CHECK(error.sqlstate() == "23514");
    CHECK(std::string(error.what()).find("audit") != std::string::npos);
  }
  SECTION("a trigger of the table beside leaves rows out") {
    bed.dst(
        "CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE "
        "TRIGGER "
        "n "
        "BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION drop_row()");
    check_error(error_of(options), ErrorKind::target, "P0001");
  }
  CHECK(bed.dst("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM audit)") == "0|0");
}

TEST_CASE("shape: rows of each kind keep the order in which they were written", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst("CREATE TABLE t (id bigint, word int); CREATE TABLE audit (n bigserial, id int, why text)");
  auto options = bed.copy();
  options.stream.batch_bytes = ByteCount{4U << 10U};
  options.transform = Transform::shaped(words_and_audit(), split_words);
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst(
            "SELECT count(*) FROM (SELECT id < lag(id) OVER (ORDER BY ctid) AS back FROM t) r WHERE back") ==
        "0");
  CHECK(bed.dst(
            "SELECT count(*) FROM (SELECT id < lag(id) OVER (ORDER BY n) AS back FROM audit) r WHERE back") ==
        "0");
}

TEST_CASE("shape: a missing target is made after what the hook declares", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.src("CREATE TYPE mood AS ENUM ('sad', 'happy'); ALTER TABLE t ADD m mood DEFAULT 'happy'");
  auto options = bed.copy();
  options.stream.create = CreateTarget::columns;
  options.transform = Transform::shaped(
      [](const Schema& columns) {
        return RowShape::of(columns)
            .without("email")
            .without("words")
            .with({.name = "price", .type = oid::numeric, .typmod = ((8 << 16) | 2) + 4})
            .with(column_of<std::int64_t>("n"))
            .with(column_of<std::optional<std::string>>("note"));
      },
      [](const RowView& row, RowOutput& out) {
        out.copy_matching(row).set("price", Numeric::parse("1.50")).set("n", 7);
      });
  SECTION("plain") {}
  SECTION("by a plan first, which leaves nothing") {
    CHECK_FALSE(has_error(CopyTable(options).plan().findings));
    CHECK(bed.dst("SELECT to_regclass('public.t') IS NULL") == "t");
  }
  static_cast<void>(CopyTable(options).run());
  CHECK(
      bed.dst(
          "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN "
          "' not null' ELSE '' END, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 't'::regclass "
          "AND "
          "attnum > 0") == "id integer not null, m mood, price numeric(8,2), n bigint not null, note text");
  CHECK(bed.dst("SELECT count(*), min(price), min(n), count(note), min(m::text) FROM t") ==
        "10000|1.50|7|0|happy");
}

TEST_CASE("shape: what does not fit is told by plan and run before anything is changed", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst(
      "CREATE TABLE t (id int, word int, g int GENERATED ALWAYS AS (id + 1) STORED); CREATE TABLE audit (id "
      "int)");
  auto options = bed.copy();
  bool called = false;
  const auto hook = [&called](const RowView&, RowOutput&) { called = true; };
  const auto with = [&](RowShape shape) {
    options.transform = Transform::shaped(std::move(shape), hook);
    return refusal(bed, options);
  };
  SECTION("a type that would have to be converted, with both types") {
    const std::string text = with({.columns = {{"id", oid::int8}, {"word", oid::text}}});
    CHECK(text.find("\"id\"") != std::string::npos);
    CHECK(text.find("declares bigint") != std::string::npos);
    CHECK(text.find("the target's is integer") != std::string::npos);
    CHECK(text.find("declares text") != std::string::npos);
  }
  SECTION("a column that the target lacks") {
    CHECK(with({.columns = {{"id", oid::int4}, {"wrd", oid::int4}}}).find("wrd") != std::string::npos);
  }
  SECTION("a column that the target computes") {
    CHECK(with({.columns = {{"g", oid::int4}}}).find("generated") != std::string::npos);
  }
  SECTION("a column that the target needs") {
    bed.dst("ALTER TABLE t ADD needed int NOT NULL");
    CHECK(with({.columns = {{"id", oid::int4}}}).find("the row hook declares no value") != std::string::npos);
  }
  SECTION("a table beside that is missing, the target, or of other columns") {
    const auto beside = [&](BesideShape shape) {
      return with({.columns = {{"id", oid::int4}}, .beside = {std::move(shape)}});
    };
    CHECK(beside({"t", {{"id", oid::int4}}}).find("it is the target") != std::string::npos);
    CHECK(beside({"audit", {{"id", oid::int8}}}).find("public.audit") != std::string::npos);
  }
  SECTION("a table beside with slices that are published") {
    options.delivery.job = "published";
    options.mode = WriteMode::replace;
    const std::string text =
        with({.columns = {{"id", oid::int4}}, .beside = {{"audit", {{"id", oid::int4}}}}});
    CHECK(text.find("published") != std::string::npos);
  }
  SECTION("rows that the source has to send as text") {
    bed.src("ALTER TABLE t ADD r regclass");
    CHECK(with({.columns = {{"id", oid::int4}}}).find("binary") != std::string::npos);
  }
  CHECK_FALSE(called);
}

TEST_CASE("shape: a declaration that is wrong by itself is an error of the configuration", "[server]") {
  const Bed bed;
  make_texts(bed);
  bed.dst("CREATE TABLE t (id int)");
  auto options = bed.copy();
  const auto text_of = [&](const std::function<RowShape(const Schema&)>& declare) {
    options.transform = Transform::shaped(declare, [](const RowView&, RowOutput&) {});
    const Error error = error_of(options);
    CHECK(error.kind() == ErrorKind::config);
    return std::string(error.what());
  };
  CHECK(text_of([](const Schema&) { return RowShape{}; }).find("have no columns") != std::string::npos);
  CHECK(text_of([](const Schema& columns) {
          return RowShape::of(columns).without("emial");
        }).find("did you mean email?") != std::string::npos);
  CHECK(text_of([](const Schema&) {
          return RowShape{.columns = {{"id", oid::int4}, {"id", oid::int4}}};
        }).find("two columns named") != std::string::npos);
  CHECK(text_of([](const Schema&) {
          return RowShape{.columns = {{"id", 4711}}};
        }).find("oid 4711") != std::string::npos);
}

TEST_CASE("shape: errors of a hook name the row of the input and its key", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (v text, n int, name text, PRIMARY KEY (name, n)); INSERT INTO t SELECT 'v', i, "
      "repeat('é', "
      "i / 100) FROM generate_series(1, 5000) i");
  bed.dst("CREATE TABLE t (n int, v text)");
  auto options = bed.copy();
  SECTION("a value that does not fit") {
    options.transform = Transform::shaped({.columns = {{"n", oid::int4}, {"v", oid::text}}},
                                          [](const RowView& row, RowOutput& out) {
                                            const auto n = row.get<std::int32_t>("n");
                                            out.add_row(std::int64_t{n} << (n == 150 ? 32 : 0), "a");
                                          });
    const Error error = error_of(options);
    CHECK(error.kind() == ErrorKind::transform);
    CHECK(error.where() == "row 150 (name = 'é', n = 150)");
    CHECK(std::string(error.what()).find("\"n\"") != std::string::npos);
  }
  SECTION("a long key") {
    options.transform = Transform::shaped({.columns = {{"n", oid::int4}, {"v", oid::text}}},
                                          [](const RowView& row, RowOutput& out) {
                                            if (row.get<std::int32_t>("n") == 5000) out.begin_row();
                                          });
    std::string name;
    for (int i = 0; i < 20; ++i) name += "é";
    CHECK(error_of(options).where() == "row 5000 (name = '" + name + "…', n = 5000)");
  }
  SECTION("of a hook that keeps the shape") {
    bed.dst("ALTER TABLE t ADD name text");
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("n") == 150) throw Error(ErrorKind::transform, "my own");
      out.copy_row(row);
    };
    CHECK(error_of(options).where() == "row 150 (name = 'é', n = 150)");
  }
  SECTION("a row beside that does not fit") {
    bed.dst("CREATE TABLE audit (n int)");
    options.transform = Transform::shaped(
        RowShape{.columns = {{"n", oid::int4}, {"v", oid::text}}}.with_beside("audit", {{"n", oid::int4}}),
        [](const RowView& row, RowOutput& out) {
          const auto n = row.get<std::int32_t>("n");
          out.to("audit").add_row(std::int64_t{n} << (n == 150 ? 32 : 0));
        });
    CHECK(error_of(options).where() == "row 150 (name = 'é', n = 150)");
  }
  SECTION("a row of a batch of its own that does not fit") {
    options.transform = Transform::shaped(
        {.columns = {{"n", oid::int4}, {"v", oid::text}}}, [](const RowView& row, RowOutput&) {
          RowBatch own(std::make_shared<const Schema>(std::vector<Column>{{"n", oid::int2}}));
          RowBuilder(own).add_row(row.get<std::int32_t>("n") * 1000);
        });
    CHECK(error_of(options).where() == "row 33 (name = '', n = 33), output row 1");
  }
  SECTION("a table beside that was not declared") {
    options.transform = Transform::shaped({.columns = {{"n", oid::int4}, {"v", oid::text}}},
                                          [](const RowView&, RowOutput& out) { out.to("audit").add_row(1); });
    const Error error = error_of(options);
    CHECK(error.where() == "row 1 (name = '', n = 1)");
    CHECK(std::string(error.what()).find("audit") != std::string::npos);
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}
