#include "leat/core/log.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

using leat::Logger;
using leat::LogLevel;
using leat::LogRecord;
using leat::LogRecordSink;
using namespace std::chrono_literals;

namespace {

/// Keeps what is logged, as text.
struct Kept {
  std::vector<std::string> text;
  std::vector<std::string> json;

  Logger logger(LogLevel level = LogLevel::trace) {
    return Logger(level, LogRecordSink([this](const LogRecord& record) {
                    text.push_back(leat::to_text(record));
                    json.push_back(leat::json_members(record));
                  }));
  }
};

}  // namespace

TEST_CASE("log: fields are typed, and in one order", "[core]") {
  Kept kept;
  kept.logger().log_event(LogLevel::info, "slice", "a slice is done",
                          {{"unit", 3},
                           {"rows", std::uint64_t{18446744073709551615U}},
                           {"seconds", 1500ms},
                           {"last", true},
                           {"name", std::string("a b")},
                           {"word", "x"},
                           {"none", ""},
                           {"change", -1},
                           {"share", 0.25}});
  CHECK(kept.text.at(0) ==
        "a slice is done event=slice unit=3 rows=18446744073709551615 seconds=1.5 last=true name=\"a b\" "
        "word=x "
        "none=\"\" change=-1 share=0.25");
  CHECK(kept.json.at(0) ==
        R"("level":"info","event":"slice","message":"a slice is done","unit":3,"rows":18446744073709551615,)"
        R"("seconds":1.5,"last":true,"name":"a b","word":"x","none":"","change":-1,"share":0.25)");
}

TEST_CASE("log: fields of a logger stand before those of its records, which replace them", "[core]") {
  Kept kept;
  const Logger run = kept.logger().with({{"run", 7}});
  const Logger table = run.with({{"table", "t"}, {"job", std::string("nightly")}});
  table.log_event(LogLevel::info, "end", "done", {{"rows", 1}});
  table.with({{"table", "u"}}).info("again");
  table.log_event(LogLevel::info, "x", "m", {{"run", 8}});
  run.info("alone");
  CHECK(kept.text == std::vector<std::string>{"done event=end run=7 table=t job=nightly rows=1",
                                              "again run=7 job=nightly table=u",
                                              "m event=x table=t job=nightly run=8", "alone run=7"});
}

TEST_CASE("log: JSON stays JSON, whatever fields are called and hold", "[core]") {
  Kept kept;
  kept.logger().log_event(LogLevel::warning, "", "a \"b\"\n\x01",
                          {{"level", "x"},
                           {"message", "y"},
                           {"a\"b", "c\\d"},
                           {"nan", std::nan("")},
                           {"inf", std::numeric_limits<double>::infinity()}});
  CHECK(
      kept.json.at(0) ==
      R"("level":"warning","message":"a \"b\"\n\u0001","level_":"x","message_":"y","a\"b":"c\\d","nan":null,"inf":null)");
}

TEST_CASE("log: a text record is one line that steers no terminal, and JSON keeps what was said", "[core]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"one\ntwo\r\nthree\tfour", R"(one\ntwo\r\nthree\tfour)"},
      {std::string("nul\0", 4), R"(nul\u0000)"},
      {"\x1b[2J\x07\x7f", R"(\u001b[2J\u0007\u007f)"},
      {"\xc2\x9b"
       "2J\xc2\x85.",
       R"(\u009b2J\u0085.)"},
      {"a\xe2\x80\xa8"
       "b\xe2\x80\xa9.",
       R"(a\u2028b\u2029.)"},
      {"C:\\new \"x\" \xc3\xbc\xe2\x82\xac\xc2\xa0\xf0\x9f\x98\x80",
       "C:\\new \"x\" \xc3\xbc\xe2\x82\xac\xc2\xa0\xf0\x9f\x98\x80"},
      {"t\x9b\xff", "t\xef\xbf\xbd\xef\xbf\xbd"},
      {"leat: x event=end\n2026-01-31T12:00:00.000Z error forged",
       R"(leat: x event=end\n2026-01-31T12:00:00.000Z error forged)"},
  };
  for (const auto& [text, wanted] : cases) {
    INFO(wanted);
    Kept kept;
    kept.logger().warning(text);
    CHECK(kept.text.at(0) == wanted);
  }
  Kept kept;
  kept.logger().log_event(LogLevel::info, "end", "m",
                          {{"a", "x\ny"}, {"b", "x\x7f"}, {"c\n", "\xc2\x9b"}, {"d", "\xe2\x80\xa8"}});
  CHECK(kept.text.at(0) == R"(m event=end a="x\ny" b="x\u007f" c\n="\u009b" d="\u2028")");
  CHECK(kept.json.at(0) == R"("level":"info","event":"end","message":"m","a":"x\ny","b":"x)"
                           "\x7f"
                           R"(","c\n":")"
                           "\xc2\x9b"
                           R"(","d":")"
                           "\xe2\x80\xa8\"");
}

TEST_CASE("log: below the level nothing is made", "[core]") {
  Kept kept;
  const Logger log = kept.logger(LogLevel::warning).with({{"run", 1}});
  log.log_event(LogLevel::info, "slice", "x", {{"rows", 1}});
  log.debug("x");
  CHECK(kept.text.empty());
  CHECK_FALSE(Logger().with({{"run", 1}}).enabled(LogLevel::error));
  log.warning("y");
  CHECK(kept.text.at(0) == "y run=1");
}

TEST_CASE("log: a sink passes a record on to another logger, with its event and its fields", "[core]") {
  Kept kept;
  const Logger inner = kept.logger(LogLevel::info).with({{"run", 7}});
  const Logger outer(LogLevel::debug, LogRecordSink([inner](LogRecord record) {
                       record.message = "in other words";
                       inner.log(record);
                     }));
  outer.with({{"table", "t"}}).log_event(LogLevel::info, "end", "done", {{"rows", 1}});
  outer.debug("below the inner one's level");
  CHECK(kept.text == std::vector<std::string>{"in other words event=end table=t rows=1"});
}

TEST_CASE("log: a sink for texts gets the message alone, and what it throws is dropped", "[core]") {
  std::vector<std::string> messages;
  const Logger log(LogLevel::info, [&](LogLevel, std::string_view message) {
    messages.emplace_back(message);
    throw std::runtime_error("no");
  });
  log.with({{"run", 1}}).log_event(LogLevel::info, "slice", "a slice is done", {{"rows", 1}});
  CHECK(messages == std::vector<std::string>{"a slice is done"});
}

TEST_CASE("log: what is no UTF-8 is replaced in JSON, and what is stays", "[core]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"t\xff", "t\xef\xbf\xbd"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (const auto& [text, wanted] : cases) {
    Kept kept;
    kept.logger().log_event(LogLevel::info, "end", text, {});
    CHECK(kept.json.at(0) == R"("level":"info","event":"end","message":")" + wanted + "\"");
  }
}
