// What a command says of rows (conditions, expressions) is kept from other roles, also in ledgers that an
// older release has made.
#include <string>

#include "leat/ledger/job_record.hpp"
#include "ledger_bed.hpp"

using leat::ErrorKind;
using leat::JobOutcome;
using leat::JobRequest;
using leat::Ledger;
using leat::read_job;

namespace {

constexpr const char* all_tables =
    "leat_meta.layouts, leat_meta.jobs, leat_meta.job_slices, leat_meta.job_ledger, leat_meta.job_sessions, "
    "leat_meta.job_rejects";

/// The roles "writer" and "reader", which may use the ledger and are gone at the end.
class Guests {
 public:
  explicit Guests(LedgerBed& bed) : bed_(bed) {
    for (const char* role : {"writer", "reader"}) {
      bed.sql(std::string("CREATE ROLE ") + role + " LOGIN");
      bed.sql(std::string("GRANT USAGE ON SCHEMA leat_meta TO ") + role);
      bed.sql(std::string("GRANT SELECT, INSERT, UPDATE, DELETE ON ") + all_tables + " TO " + role);
      if (bed.sql("SELECT to_regclass('leat_meta.job_workers') IS NULL") == "t") continue;
      bed.sql(std::string(
                  "GRANT SELECT, INSERT, UPDATE, DELETE ON leat_meta.job_workers, leat_meta.job_claims TO ") +
              role);
    }
  }
  Guests(const Guests&) = delete;
  Guests& operator=(const Guests&) = delete;
  ~Guests() {
    for (const char* role : {"writer", "reader"}) {
      bed_.admin.execute(std::string("DROP OWNED BY ") + role + " CASCADE");
      bed_.admin.execute(std::string("DROP ROLE ") + role);
    }
  }

 private:
  LedgerBed& bed_;
};

JobRequest request_with(const std::string& condition) {
  JobRequest request = request_for("nightly");
  request.texts = R"({"where": ")" + condition + "\"}";
  request.hash = "hash " + std::to_string(std::hash<std::string>()(condition));
  return request;
}

/// Makes the ledger what the first layout was, with one job.
void make_first_layout(LedgerBed& bed) {
  bed.start("nightly", 3);
  bed.ledger().release({.job = "nightly", .run = 1, .epoch = 1}, "killed");
  bed.sql("DROP VIEW leat_meta.own_job_texts");
  bed.sql("DROP TABLE leat_meta.job_texts, leat_meta.job_workers, leat_meta.job_claims");
  bed.sql("UPDATE leat_meta.layouts SET version = 1");
  bed.sql(
      "UPDATE leat_meta.jobs SET description = description || '{\"where\": \"tenant = 42\", \"map\": {}}', "
      "description_hash = 'as it was told then'");
}

bool mentions(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("ledger: a command's condition is its role's own", "[postgres][server]") {
  LedgerBed bed;
  const Guests guests(bed);
  auto writer = connect_target("writer");
  auto reader = connect_target("reader");
  const auto lease = Ledger(writer).acquire(request_with("tenant = 42")).lease;
  CHECK(mentions(read_job(writer, "nightly").value().description, "tenant = 42"));
  CHECK_FALSE(mentions(read_job(reader, "nightly").value().description, "tenant"));
  CHECK(mentions(read_job(reader, "nightly").value().description, "public.t"));
  for (const char* relation : {"jobs", "own_job_texts", "job_slices"}) {
    INFO(relation);
    const auto rows = reader.execute(std::string("SELECT r::text FROM leat_meta.") + relation + " r");
    for (std::size_t i = 0; i < rows.rows(); ++i)
      CHECK_FALSE(mentions(std::string(rows.text(i, 0)), "tenant"));
  }
  CHECK(error_of([&] { reader.execute("SELECT * FROM leat_meta.job_texts"); }).sqlstate() == "42501");
  CHECK(bed.sql("SELECT texts ->> 'where' FROM leat_meta.job_texts") == "tenant = 42");
  Ledger(writer).release(lease, "killed");

  // Whoever may not read it is not told it by a refusal either.
  const auto refusal = [&](leat::Connection& session, const JobRequest& request) {
    return error_of([&] { static_cast<void>(Ledger(session).acquire(request)); });
  };
  check_error(refusal(writer, request_with("tenant = 7")), ErrorKind::config, "",
              {R"(where: "tenant = 42" -> "tenant = 7")"});
  const auto unread = refusal(reader, request_with("tenant = 7"));
  check_error(unread, ErrorKind::config, "", {"which only the role that began it may read"});
  CHECK_FALSE(mentions(unread.what(), "42"));
  // The same command is anybody's to go on with, and goes with its job.
  CHECK(Ledger(reader).acquire(request_with("tenant = 42")).outcome == JobOutcome::resumed);
  CHECK(mentions(read_job(reader, "nightly").value().description, "tenant = 42"));
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_texts") == "2");
  bed.expire("nightly");
  CHECK(forget_job(writer, "nightly"));
  CHECK(bed.sql("SELECT count(*) FROM leat_meta.job_texts") == "0");
}

TEST_CASE("ledger: the first layout is upgraded when a job wants it", "[postgres][server]") {
  LedgerBed bed;
  make_first_layout(bed);
  CHECK(mentions(read_job(bed.admin, "nightly").value().description, "tenant = 42"));
  CHECK(bed.sql("SELECT version FROM leat_meta.layouts") == "1");
  bed.ledger().prepare();
  CHECK(bed.sql("SELECT version FROM leat_meta.layouts") == "2");
  CHECK_FALSE(mentions(bed.sql("SELECT j::text FROM leat_meta.jobs j"), "tenant"));
  CHECK(mentions(read_job(bed.admin, "nightly").value().description, "tenant = 42"));
  auto request = request_with("tenant = 42");
  check_error(error_of([&] { static_cast<void>(bed.ledger().acquire(request)); }), ErrorKind::config, "",
              {"was begun by another command"});
  request.earlier_hashes = {"as it was told then"};
  const auto acquired = bed.ledger().acquire(request);
  CHECK(acquired.outcome == JobOutcome::resumed);
  CHECK(bed.ledger().read_plan(acquired.lease).size() == 3);
  bed.ledger().release(acquired.lease, "killed");
  request.earlier_hashes.clear();
  CHECK(bed.ledger().acquire(request).outcome == JobOutcome::resumed);
}

TEST_CASE("ledger: whoever may not upgrade it changes nothing, and is told who may", "[postgres][server]") {
  LedgerBed bed;
  make_first_layout(bed);
  const Guests guests(bed);
  auto writer = connect_target("writer");
  check_error(error_of([&] { Ledger(writer).prepare(); }), ErrorKind::target, "42501", {"leat_meta"});
  bed.sql("GRANT CREATE ON SCHEMA leat_meta TO writer");
  check_error(error_of([&] { Ledger(writer).prepare(); }), ErrorKind::target, "42501",
              {"made by an older leat", "may not upgrade it", "run this command once as its owner"});
  CHECK(error_of([&] { Ledger(writer).check(0, false); }).sqlstate() == "42501");
  CHECK(bed.sql("SELECT version FROM leat_meta.layouts") == "1");
  CHECK(bed.sql("SELECT to_regclass('leat_meta.job_texts') IS NULL") == "t");
  CHECK(read_job(writer, "nightly"));
  bed.ledger().prepare();
  Ledger(writer).prepare();
}

TEST_CASE("ledger: an upgrade runs no SQL of an owner that is not trusted", "[postgres][server]") {
  LedgerBed bed;
  make_first_layout(bed);
  const Guests guests(bed);
  bed.sql("ALTER TABLE leat_meta.jobs OWNER TO writer");
  bed.sql("CREATE TABLE public.traces (who text)");
  bed.sql("GRANT INSERT ON public.traces TO writer");
  auto writer = connect_target("writer");
  writer.execute(
      "CREATE FUNCTION pg_temp.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.traces "
      "VALUES (current_user); RETURN NEW; END $$");
  writer.execute(
      "CREATE TRIGGER trap BEFORE UPDATE ON leat_meta.jobs FOR EACH ROW EXECUTE FUNCTION pg_temp.trap()");
  check_error(error_of([&] { bed.ledger().prepare(); }), ErrorKind::target, "42501",
              {"belongs to the role \"writer\""});
  CHECK(bed.sql("SELECT count(*) FROM public.traces") == "0");
  CHECK(bed.sql("SELECT version FROM leat_meta.layouts") == "1");
  bed.sql("DROP TABLE public.traces");
  bed.sql("ALTER TABLE leat_meta.jobs OWNER TO CURRENT_USER");
}
