#include "leat/postgres/session/connection_factory.hpp"

#include <unistd.h>

#include <fstream>

#include "server.hpp"
#include "support/catch.hpp"

using leat::ConnectionFactory;
using leat::ErrorKind;

namespace {

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
  CHECK(none.hint().find("--connections") != std::string_view::npos);
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
