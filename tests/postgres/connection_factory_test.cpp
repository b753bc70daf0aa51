#include "leat/postgres/session/connection_factory.hpp"

#include <unistd.h>

#include <fstream>

#include "server.hpp"
#include "support/catch.hpp"

using leat::ConnectionFactory;
using leat::ErrorKind;

namespace {

/// A variable of this process's environment that lives as long as the test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

/// A file that lives as long as the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-ids-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path = pattern;
    std::ofstream(path) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }

  std::filesystem::path path;
};

}  // namespace

TEST_CASE("Factory: ids hold keywords, numbers, URIs and a schema", "[postgres]") {
  const auto factory = ConnectionFactory::from_json(R"({
    "a": {"host": "h", "port": 5433, "database": "d", "user": "u", "password": "p", "schema": "Sales", "sslmode": "disable"},
    "b": "postgresql://u@h2/d2",
    "c": {"uri": "postgresql://u@h3/d3", "dbname": "other"}})");
  const auto a = factory.resolve("a");
  CHECK(a.label == "a");
  CHECK(a.schema == "Sales");
  CHECK(a.target.describe() == "host=h port=5433 dbname=d user=u");
  CHECK(a.target.get("password") == "p");
  CHECK(a.target.get("sslmode") == "disable");
  CHECK(factory.resolve("b").target.get("dbname") == "d2");
  CHECK(factory.resolve("c").target.describe() == "host=h3 dbname=other user=u");
  CHECK(factory.resolve("host=x").label == "host=x");
  CHECK(factory.resolve("").target.parameters().empty());
}

TEST_CASE("Factory: an unknown id is an error that lists the known ones", "[postgres]") {
  const auto known =
      error_of([] { static_cast<void>(ConnectionFactory::from_json(R"({"a": "", "b": ""})").resolve("z")); });
  CHECK(known.kind() == ErrorKind::config);
  CHECK(everything(known).find("\"z\"") != std::string::npos);
  CHECK(known.hint().find("a, b") != std::string_view::npos);
  const auto none = error_of([] { static_cast<void>(ConnectionFactory().resolve("z")); });
  CHECK(none.hint().find("ConnectionFactory::from_file()") != std::string_view::npos);
  const auto mistyped =
      error_of([] { static_cast<void>(ConnectionFactory().resolve("postgresql:/u:s3cret@h/d")); });
  CHECK(everything(mistyped).find("s3cret") == std::string::npos);
}

TEST_CASE("Factory: bad files are refused with file, id and key, never with a value", "[postgres]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"a": {"password": "s3cret")", "ids.json"},
      {R"(["s3cret"])", "ids.json"},
      {R"({"a": 5})", "\"a\""},
      {R"({"a": "s3cret"})", "\"a\""},
      {R"({"a": {"uri": "s3cret"}})", "\"a\": uri"},
      {R"({"a": {"host": ["s3cret"]}})", "\"a\": host"},
      {R"({"a": {"port": 5432.5}})", "\"a\": port"},
      {R"({"a": {"hots": "s3cret"}})", "\"hots\""},
      {R"({"a": {"database": "s3cret", "dbname": "s3cret"}})", "dbname"},
      {R"({"a": {"schema": ""}})", "schema"},
      {R"({"a:s3cret@b": ""})", "ids.json"},
  };
  for (const auto& [json, named] : cases) {
    CAPTURE(json);
    const auto error =
        error_of([&, text = json] { static_cast<void>(ConnectionFactory::from_json(text, "ids.json")); });
    CHECK(error.kind() == ErrorKind::config);
    CHECK(everything(error).find("ids.json") != std::string::npos);
    CHECK(everything(error).find(named) != std::string::npos);
    CHECK(everything(error).find("s3cret") == std::string::npos);
  }
  const auto missing = error_of([] { static_cast<void>(ConnectionFactory::from_file("/nowhere/ids.json")); });
  CHECK(missing.kind() == ErrorKind::config);
  CHECK(everything(missing).find("/nowhere/ids.json") != std::string::npos);
}

TEST_CASE("Factory: what is there twice is an error with both lines", "[postgres]") {
  const auto said = [](const std::string& json) {
    return everything(error_of([&] { static_cast<void>(ConnectionFactory::from_json(json, "ids.json")); }));
  };
  const auto ids =
      said("{\n  \"shop\": {\"password\": \"s3cret\"},\n  \"b\": \"\",\n  \"shop\": \"host=h\"\n}");
  CHECK(ids.find("the connection id \"shop\" is there twice, in line 2 and in line 4") != std::string::npos);
  CHECK(ids.find("s3cret") == std::string::npos);
  const auto keys = said("{\"shop\": {\n\"port\": 5432,\n\"host\": \"s3cret\",\n\"host\": \"s3cret\"}}");
  CHECK(
      keys.find("ids.json, line 1: connection \"shop\": \"host\" is there twice, in line 3 and in line 4") !=
      std::string::npos);
  CHECK(keys.find("s3cret") == std::string::npos);
  CHECK(said("{\n  \"a\": {\"password\": \"s3cret\",}\n}").find("ids.json is not valid JSON: line 2") !=
        std::string::npos);
  CHECK(said("{\n\"a\": {\"hots\": \"h\"}}")
            .find("line 2: connection \"a\": \"hots\" is no connection parameter; did "
                  "you mean host?") != std::string::npos);
  CHECK(said("{\"a\": \"dbnam=s3cret\"}").find("did you mean dbname?") != std::string::npos);
}

TEST_CASE("Factory: the nearest one of an unknown id is named", "[postgres]") {
  const auto factory = ConnectionFactory::from_json(R"({"warehouse": "", "shop": ""})", "ids.json");
  const auto error = error_of([&] { static_cast<void>(factory.resolve("shpo")); });
  CHECK(std::string(error.what()) == "connection id \"shpo\" is not known; did you mean shop?");
  CHECK(std::string(error.hint()) == "ids.json has shop, warehouse");
}

TEST_CASE("Factory: values come from variables and files, whatever characters they have", "[postgres]") {
  const auto factory = [](const std::string& file) {
    return ConnectionFactory::from_json(
        R"({"field": {"host": "h", "password": "${env:LEAT_TEST_PW}"},
            "part": "postgresql://etl:${env:LEAT_TEST_PW}@db1:5433/shop?application_name=x",
            "word": "host=db1 user=etl password='${env:LEAT_TEST_PW}'",
            "file": {"uri": "postgresql://db1", "password": "${file:)" +
            file + R"(}"},
            "own": {"password": "a$${b}$c${env:LEAT_TEST_NONE:-d}"}})",
        "ids.json");
  };
  for (const std::string password :
       {"p@ss/word", "a b",   "\\C", ">x", "p%41", "'quoted'", "\"", "${env:HOME}", "-----BEGIN\nx\n-----END",
        "ü§€",       "#?&=;", "$$",  "*x", "{a}",  "[b]",      "!",  "5",           "a:b",
        "0123",      " x "}) {
    CAPTURE(password);
    const Variable variable("LEAT_TEST_PW", password);
    const TemporaryFile file(password + "\n");
    const auto made = factory(file.path.string());
    for (const char* id : {"field", "part", "word", "file"}) {
      CAPTURE(id);
      CHECK(made.resolve(id).target.get("password") == password);
    }
    const auto part = made.resolve("part").target;
    CHECK(part.describe() == "host=db1 port=5433 dbname=shop user=etl");
    CHECK(part.get("application_name") == "x");
    CHECK(made.resolve("own").target.get("password") == "a${b}$cd");
  }
  const Variable uri("LEAT_TEST_URL", "postgresql://etl:p%40s@db2/shop");
  const auto whole = ConnectionFactory::from_json(
      R"({"a": "${env:LEAT_TEST_URL}", "b": {"uri": "${env:LEAT_TEST_URL}", "port": 1}})");
  CHECK(whole.resolve("a").target.get("password") == "p@s");
  CHECK(whole.resolve("b").target.describe() == "host=db2 port=1 dbname=shop user=etl");
}

TEST_CASE("Factory: what a value refers to is missing: that is named, and nothing else", "[postgres]") {
  const auto factory = ConnectionFactory::from_json(
      R"({"a": {"password": "s3cret${env:LEAT_TEST_NONE}", "host": "${file:/nowhere/host}", "user": "u"},
          "b": {"host": "h"}, "c": "${env:LEAT_TEST_URL}"})",
      "ids.json");
  CHECK(factory.resolve("b").target.get("host") == "h");
  const auto error = error_of([&] { static_cast<void>(factory.resolve("a")); });
  CHECK(error.kind() == ErrorKind::config);
  for (const char* part : {"ids.json", "\"a\"", "LEAT_TEST_NONE is not set", "/nowhere/host"}) {
    CHECK(everything(error).find(part) != std::string::npos);
  }
  CHECK(everything(error).find("s3cret") == std::string::npos);
  const Variable uri("LEAT_TEST_URL", "postgresql://u:s3cret@s3cret@h");
  CHECK(everything(error_of([&] { static_cast<void>(factory.resolve("c")); })).find("s3cret") ==
        std::string::npos);
  for (const char* value :
       {"s3cret${", "${s3cret}", "${env:}", "${env:s3cret-}", "${file:}", "${env:1s3cret}"}) {
    CAPTURE(value);
    const auto wrong = error_of([&] {
      static_cast<void>(
          ConnectionFactory::from_json(R"({"a": {"password": ")" + std::string(value) + "\"}}", "ids.json"));
    });
    CHECK(everything(wrong).find("ids.json, line 1: connection \"a\": password") != std::string::npos);
    CHECK(everything(wrong).find("s3cret") == std::string::npos);
  }
  // A user's own text reads nothing of this process's.
  CHECK(factory.resolve("host=${env:HOME}").target.get("host") == "${env:HOME}");
}

TEST_CASE("Factory: a listing says where ids come from, and no secret", "[postgres]") {
  const Variable variable("LEAT_TEST_PW", "s3cret");
  const auto known = ConnectionFactory::from_json(R"({
    "shop": {"host": "db1", "password": "s3cret", "schema": "sales", "user": "${env:LEAT_TEST_PW:-s3cret}"},
    "dwh": "postgresql://etl:${env:LEAT_TEST_PW}@db2/dwh"})",
                                                  "ids.json")
                         .known();
  REQUIRE(known.size() == 2);
  CHECK(known[0].id == "dwh");
  CHECK(known[0].line == 3);
  CHECK(known[0].place == "host=db2 dbname=dwh user=etl");
  CHECK(known[0].references ==
        std::vector<std::pair<std::string, std::string>>{{"uri", "${env:LEAT_TEST_PW}"}});
  CHECK(known[1].place == "host=db1");
  CHECK(known[1].schema == "sales");
  CHECK(known[1].references ==
        std::vector<std::pair<std::string, std::string>>{{"user", "${env:LEAT_TEST_PW:-…}"}});
}

TEST_CASE("Factory: a file with a password that others may read is reported", "[postgres]") {
  std::vector<std::string> messages;
  const leat::Logger log(leat::LogLevel::warning,
                         [&](leat::LogLevel, std::string_view message) { messages.emplace_back(message); });
  const TemporaryFile secret(R"({"a": {"host": "h", "password": "s3cret"}})");
  using std::filesystem::perms;
  std::filesystem::permissions(secret.path, perms::owner_read | perms::owner_write);
  static_cast<void>(ConnectionFactory::from_file(secret.path, log));
  CHECK(messages.empty());
  std::filesystem::permissions(secret.path, perms::owner_read | perms::owner_write | perms::others_read);
  static_cast<void>(ConnectionFactory::from_file(secret.path, log));
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].find(secret.path.string()) != std::string::npos);
  CHECK(messages[0].find("s3cret") == std::string::npos);
  const TemporaryFile harmless(R"({"a": {"host": "h"}})");
  std::filesystem::permissions(harmless.path, perms::owner_read | perms::owner_write | perms::others_read);
  static_cast<void>(ConnectionFactory::from_file(harmless.path, log));
  CHECK(messages.size() == 1);
  const TemporaryFile refers(R"({"a": {"password": "${env:X}"}, "b": "postgresql://u:${env:X}@h"})");
  std::filesystem::permissions(refers.path, perms::owner_read | perms::owner_write | perms::others_read);
  static_cast<void>(ConnectionFactory::from_file(refers.path, log));
  CHECK(messages.size() == 1);
}

TEST_CASE("Factory: connect pins the schema of the id as the search_path", "[postgres][server]") {
  const auto& server = TestServer::instance();
  const TemporaryFile file(
      R"({"a": {"uri": "postgresql:///postgres", "user": "leat", "schema": "Mixed \"Case", "host": ")" +
      std::string(server.target().get("host")) + R"(", "port": )" + std::to_string(server.port()) + "}}");
  const auto factory = ConnectionFactory::from_file(file.path);
  auto connection = factory.connect("a", {});
  CHECK(connection.execute("SHOW search_path").text(0, 0) == "\"Mixed \"\"Case\"");
  CHECK(connection.execute("SELECT current_user").text(0, 0) == "leat");
}
