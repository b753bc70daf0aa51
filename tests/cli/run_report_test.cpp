// leat run --report: the page of a run, whole or not at all.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;
namespace fs = std::filesystem;

namespace {

std::string report_text_in(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string document_in(const OwnDirectory& directory, const std::string& to) {
  const std::string path = directory.file("shop.yaml");
  std::ofstream(path)
      << "leat: 1\nconnections:\n  shop: \"" << server().uri("src") << "\"\n  there: \""
      << server().uri("dst")
      << "\"\nsource: shop\ntarget: there\ndefaults: {retries: 0}\nloads:\n  - {name: orders, "
         "from: t, to: "
      << to << ", mode: append}\n";
  return path;
}

/// What else stands in the directory than the document.
std::size_t others_in(const OwnDirectory& directory) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().filename() != "shop.yaml") ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("leat run --report: a page of the run, which replaces the last one", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t SELECT generate_series(1, 10)");
  const OwnDirectory directory;
  const std::string document = document_in(directory, "t");
  const std::string page = directory.file("run.html");
  const Outcome outcome = run_leat({"run", document, "--report", page});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(has(report_text_in(page), "<dt>Rows written</dt><dd>10</dd>"));
  CHECK(has(report_text_in(page), "SQL in the source"));
  // The second one fails, since the rows are there; it is told all the same.
  const Outcome failed = run_leat({"run", document, "--report", page});
  CHECK(failed.exit_code == 4);
  CHECK(has(report_text_in(page), "23505"));
  CHECK(others_in(directory) == 1);
}

TEST_CASE("leat run --report: a run that could begin no load has a page, too", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  const OwnDirectory directory;
  const std::string page = directory.file("run.html");
  const std::string document = document_in(directory, "t");
  const Outcome outcome = run_leat({"run", document, "--only", "none", "--report", page});
  CHECK(outcome.exit_code == 2);
  CHECK(has(report_text_in(page), "no load was begun: no load of the document is called none"));
}

TEST_CASE("leat run --report: a file that cannot be written is told before anything is loaded",
          "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t SELECT generate_series(1, 10)");
  const OwnDirectory directory;
  const std::string document = document_in(directory, "t");
  const std::string before = report_text_in(document);
  for (const std::string& path :
       {directory.file("none/run.html"), directory.path().string(), std::string("/dev/null"), document}) {
    const Outcome outcome = run_leat({"run", document, "--report", path});
    INFO(path << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, "report"));
    CHECK(outcome.out.empty());
  }
  CHECK(report_text_in(document) == before);
  CHECK(others_in(directory) == 0);
  CHECK(dst("SELECT count(*) FROM t") == "0\n");
}

TEST_CASE("leat run --report: the file that a link leads to keeps its mode", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  const OwnDirectory directory;
  const std::string document = document_in(directory, "t");
  const std::string page = directory.file("run.html");
  const std::string link = directory.file("last.html");
  std::ofstream(page) << "old";
  REQUIRE(::chmod(page.c_str(), 0640) == 0);
  REQUIRE(::symlink(page.c_str(), link.c_str()) == 0);
  REQUIRE(run_leat({"run", document, "--report", link}).exit_code == 0);
  CHECK(fs::is_symlink(link));
  CHECK(has(report_text_in(page), "<!DOCTYPE html>"));
  struct stat after {};
  REQUIRE(::stat(page.c_str(), &after) == 0);
  CHECK((after.st_mode & 07777U) == 0640U);
}
