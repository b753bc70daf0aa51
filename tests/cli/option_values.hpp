#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "words.hpp"

// Every option of every command, and what it takes.
namespace leat::test {

inline const std::string huge(100'000, 'x');

/// What an option takes.
enum class Takes {
  nothing,     // a flag
  connection,  // may be empty: libpq's environment
  text,        // any text
  name,        // a text that has a limit
  table,
  pairs,    // a=b
  columns,  // of tables: s.t.a
  number,
  size,
  rate,
  time,
  range,  // two values with two dots between them
  limit,  // a time that a session waits
  choice,
  create,  // may have a value
  file,    // that is read
};

struct Option {
  std::string name;
  Takes takes;
  /// A good value; for a choice, with one letter swapped the wrong one.
  std::string good;
};

inline const std::vector<Option> load_options{
    {"--source", Takes::connection, "host=/nowhere"},
    {"--target", Takes::connection, "host=/nowhere"},
    {"--connections", Takes::file, ""},
    {"--mode", Takes::choice, "append"},
    {"--create", Takes::create, "full"},
    {"--evolve", Takes::nothing, ""},
    {"--max-rate", Takes::rate, "50MiB/s"},
    {"--max-replica-lag", Takes::time, "30s"},
    {"--disable-triggers", Takes::nothing, ""},
    {"--into-view", Takes::nothing, ""},
    {"--analyze", Takes::nothing, ""},
    {"--verify", Takes::nothing, ""},
    {"--dry-run", Takes::nothing, ""},
    {"--batch-bytes", Takes::size, "64KiB"},
    {"--memory", Takes::size, "64MiB"},
    {"--progress", Takes::choice, "never"},
    {"--output", Takes::choice, "json"},
    {"--log-level", Takes::choice, "error"},
    {"--log-format", Takes::choice, "json"},
};
inline const std::vector<Option> one_table_options{
    {"--key", Takes::text, "id"},
    {"--indexes", Takes::choice, "rebuild"},
    {"--max-rejects", Takes::number, "5"},
    {"--rejects", Takes::text, "/nowhere/r.csv"},
};
inline const std::vector<Option> table_pair_options{
    {"--from", Takes::table, "t"},      {"--to", Takes::table, "u"},       {"--columns", Takes::text, "a,b"},
    {"--exclude", Takes::text, "a,b"},  {"--rename", Takes::pairs, "a=b"}, {"--map", Takes::pairs, "a=b+1"},
    {"--where", Takes::text, "id > 1"},
};
inline const std::vector<Option> incremental_options{
    {"--incremental", Takes::text, "a"},  {"--watermark", Takes::name, "night/t"},
    {"--lag", Takes::text, "15 minutes"}, {"--initial", Takes::text, "2026-01-01"},
    {"--backfill", Takes::range, "1..2"}, {"--bound", Takes::choice, "snapshot"},
};
inline const std::vector<Option> limit_options{
    {"--connect-timeout", Takes::limit, "5s"},
    {"--lock-timeout", Takes::limit, "500ms"},
    {"--statement-timeout", Takes::limit, "2h"},
    {"--silence-timeout", Takes::limit, "5min"},
};
inline const std::vector<Option> quiet_option{{"--quiet", Takes::nothing, ""}};
inline const std::vector<Option> statement_options{
    {"--before-sql", Takes::text, "SELECT 1"},
    {"--after-sql", Takes::text, "SELECT 2"},
};
inline const std::vector<Option> inheritance_option{{"--inheritance", Takes::choice, "tree"}};
inline const std::vector<Option> large_objects_option{{"--large-objects", Takes::nothing, ""}};
inline const std::vector<Option> delivery_options{
    {"--readers", Takes::number, "2"},
    {"--writers", Takes::number, "2"},
    {"--job", Takes::name, "nightly"},
    {"--restart", Takes::nothing, ""},
    {"--on-lost-snapshot", Takes::choice, "refuse"},
    {"--retries", Takes::number, "0"},
};

/// Of commands that look at one table or, instead, at many.
inline const std::vector<Option> many_tables_options{
    {"--include", Takes::text, "s.*"},
    {"--to-schema", Takes::table, "u"},
    {"--rename-table", Takes::pairs, "t=u.t"},
    {"--exclude-columns", Takes::columns, "*.t.a"},
};

inline std::vector<Option> joined_lists(const std::vector<std::vector<Option>>& lists) {
  std::vector<Option> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

inline std::vector<Option> all_of(std::vector<std::vector<Option>> lists) {
  std::vector<Option> all{{"--help", Takes::nothing, ""}};
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

inline std::vector<Option> chosen(const std::vector<Option>& list, const std::vector<std::string>& names) {
  std::vector<Option> result;
  for (const auto& option : list) {
    if (std::find(names.begin(), names.end(), option.name) != names.end()) result.push_back(option);
  }
  return result;
}

struct Command {
  Words line;  // what it cannot do without
  std::vector<Option> options;
};

inline const std::map<std::string, Command>& commands() {
  static const Words both{"--source", "host=/nowhere", "--target", "host=/nowhere"};
  static const Words target{"--target", "host=/nowhere"};
  static const auto copy_lists = joined_lists({load_options, limit_options, quiet_option, one_table_options,
                                               statement_options, table_pair_options, inheritance_option,
                                               large_objects_option, delivery_options, incremental_options});
  static const auto copy = all_of({copy_lists});
  static const auto databases = chosen(load_options, {"--source", "--target", "--connections"});
  static const auto output = chosen(load_options, {"--output"});
  static const auto logs = chosen(load_options, {"--log-level", "--log-format"});
  static const std::map<std::string, Command> all{
      {"copy-table", {joined(both, {"--from", "t"}), copy}},
      {"check", {joined(both, {"--from", "t"}), all_of({copy_lists, many_tables_options})}},
      {"copy-tables",
       {joined(both, {"--include", "t"}),
        all_of({load_options,
                limit_options,
                quiet_option,
                inheritance_option,
                large_objects_option,
                chosen(delivery_options, {"--job", "--restart", "--on-lost-snapshot", "--retries"}),
                {{"--to-schema", Takes::table, "u"},
                 {"--rename-table", Takes::pairs, "t=u.t"},
                 {"--map", Takes::pairs, "*.t.b=a + 1"},
                 {"--exclude-columns", Takes::columns, "*.t.a"}},
                {{"--include", Takes::text, "s.*"},
                 {"--exclude", Takes::text, "s.a"},
                 {"--jobs", Takes::number, "3"}}})}},
      {"clone",
       {both, all_of({databases,
                      output,
                      logs,
                      limit_options,
                      quiet_option,
                      chosen(load_options, {"--max-rate", "--max-replica-lag", "--verify", "--dry-run",
                                            "--batch-bytes", "--memory", "--progress"}),
                      {{"--jobs", Takes::number, "3"},
                       {"--pg-bin", Takes::text, "/nowhere"},
                       {"--no-owner", Takes::nothing, ""},
                       {"--no-privileges", Takes::nothing, ""},
                       {"--no-tablespaces", Takes::nothing, ""}}})}},
      {"query",
       {joined(both, {"--to", "t", "--sql", "SELECT 1 AS a"}),
        all_of({load_options,
                limit_options,
                quiet_option,
                one_table_options,
                statement_options,
                chosen(delivery_options, {"--job", "--restart", "--retries"}),
                {{"--to", Takes::table, "t"},
                 {"--sql", Takes::text, "SELECT 1 AS b"},
                 {"--file", Takes::file, ""},
                 {"--param", Takes::pairs, "a=1"},
                 {"--param-null", Takes::name, "a"},
                 {"--transform", Takes::file, ""},
                 {"--store", Takes::name, "host=/nowhere"}},
                chosen(incremental_options,
                       {"--incremental", "--watermark", "--lag", "--initial", "--backfill"})})}},
      {"watermark",
       {joined({"list"}, target),
        all_of({chosen(load_options, {"--target", "--connections", "--output"}), logs, limit_options})}},
      {"jobs",
       {joined({"list"}, target),
        all_of({chosen(load_options, {"--target", "--connections", "--output", "--dry-run"}),
                logs,
                limit_options,
                {{"--done", Takes::nothing, ""}, {"--older-than", Takes::time, "30d"}}})}},
      {"join",
       {{"nightly", "--target", "nowhere"},
        all_of({databases, output, logs, limit_options, quiet_option,
                chosen(delivery_options, {"--readers", "--writers"}),
                chosen(load_options, {"--batch-bytes", "--memory", "--progress"})})}},
      {"repair",
       {target, all_of({chosen(load_options, {"--target", "--connections", "--output"}),
                        logs,
                        limit_options,
                        quiet_option,
                        {{"--table", Takes::table, "t"}}})}},
      {"verify",
       {joined(both, {"--from", "t"}),
        all_of({databases,
                output,
                logs,
                limit_options,
                quiet_option,
                inheritance_option,
                large_objects_option,
                table_pair_options,
                many_tables_options,
                chosen(one_table_options, {"--key"}),
                {{"--target-where", Takes::text, "id > 1"}, {"--differences", Takes::number, "7"}}})}},
      {"diff",
       {joined(both, {"--from", "t"}),
        all_of({databases, output, logs, limit_options, quiet_option, many_tables_options,
                chosen(table_pair_options, {"--from", "--to", "--columns", "--exclude", "--rename"})})}},
      {"schema",
       {{"check", "orders", "--store", "host=/nowhere", "--from", "host=/nowhere:t"},
        all_of({chosen(load_options, {"--connections", "--output"}),
                logs,
                limit_options,
                {{"--store", Takes::name, "host=/nowhere"},
                 {"--from", Takes::file, ""},
                 {"--rule", Takes::choice, "full"}}})}},
      {"transform",
       {{"preview", "clean", "--store", "host=/nowhere", "--source", "host=/nowhere", "--from", "t"},
        all_of({chosen(load_options, {"--source", "--connections", "--output"}),
                logs,
                limit_options,
                chosen(table_pair_options, {"--from"}),
                {{"--store", Takes::name, "host=/nowhere"},
                 {"--name", Takes::name, "clean_orders"},
                 {"--sql", Takes::text, "SELECT 1 AS a"},
                 {"--key", Takes::text, "a,b"},
                 {"--rows", Takes::number, "5"}}})}},
      {"connections", {{}, all_of({chosen(load_options, {"--connections", "--output"}), logs})}},
      {"help", {{}, {{"--help", Takes::nothing, ""}}}},
      {"version", {{}, {{"--help", Takes::nothing, ""}}}},
  };
  return all;
}

/// The options that help tells of.
inline std::vector<std::string> options_in_help(const std::string& command) {
  std::istringstream help(run_leat({"help", command}).out);
  std::vector<std::string> names;
  for (std::string line; std::getline(help, line);) {
    if (line.starts_with("  -h, ")) line.erase(2, 4);
    if (line.starts_with("  --")) names.push_back(line.substr(2, line.find_first_of(" =[", 2) - 2));
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The command with its line, in which the option has this value and stands last.
inline Words with(const std::string& name, const Command& command, const std::string& option,
                  const Words& value) {
  Words words{name};
  const std::string bare = option.substr(0, option.find('='));
  for (std::size_t i = 0; i < command.line.size(); ++i) {
    const bool is_of_many =
        name != "copy-tables" && std::any_of(many_tables_options.begin(), many_tables_options.end(),
                                             [&bare](const Option& one) { return one.name == bare; });
    if (is_of_many && command.line[i] == "--from") {
      if (bare != "--include") words = joined(words, {"--include", "t"});
      ++i;
      continue;
    }
    const bool replaced = command.line[i] == bare || (bare == "--file" && command.line[i] == "--sql") ||
                          (name == "transform" && bare == "--sql" && command.line[i] == "--from");
    if (replaced) {
      ++i;
    } else {
      words.push_back(command.line[i]);
    }
  }
  if (name == "jobs" && (bare == "--done" || bare == "--older-than" || bare == "--dry-run")) {
    words[1] = "forget";
    if (bare != "--done") words.emplace_back("--done");
  }
  if (name == "transform" && bare == "--key") {
    words[1] = "diff";
    words.insert(words.begin() + 3, "clean@2");
  }
  static const OwnDirectory directory;
  static const std::string document = directory.write("clean.yaml", "sql: SELECT 1 AS a\n");
  if (name == "transform" && bare == "--name") {
    words[1] = "register";
    words[2] = document;
  }
  if (name == "query" && bare == "--store") words = joined(words, {"--transform", document});
  const bool needs_job = bare == "--restart" || bare == "--on-lost-snapshot";
  if (needs_job || (name == "query" && bare == "--retries")) words = joined(words, {"--job", "j"});
  // Without waiting for somebody to answer.
  if (bare == "--restart" || bare == "--on-lost-snapshot" || bare == "--job") {
    words = joined(words, {"--retries", "0"});
  }
  if (name == "copy-tables" && bare == "--retries") words = joined(words, {"--job", "j"});
  if (bare == "--rejects") words = joined(words, {"--max-rejects", "1"});
  if (bare == "--max-rejects") words = joined(words, {"--rejects", "/nowhere/r.csv"});
  if (bare == "--param" || bare == "--param-null") words = joined(words, {"--sql", "SELECT :a AS a"});
  const bool is_incremental = std::any_of(incremental_options.begin(), incremental_options.end(),
                                          [&bare](const Option& one) { return one.name == bare; });
  if (is_incremental) words = joined(words, {"--mode", "upsert"});
  if (is_incremental && bare != "--incremental") words = joined(words, {"--incremental", "a"});
  if (bare == "--key" && name != "verify" && name != "transform") words = joined(words, {"--mode", "upsert"});
  return joined(joined(words, {option}), value);
}

inline Words without_sql(Words words) {
  // "query" has its own --sql in the line, of which there may be one.
  const auto first = std::find(words.begin(), words.end(), "--sql");
  if (first != words.end() && std::count(words.begin(), words.end(), "--sql") > 1)
    words.erase(first, first + 2);
  return words;
}

inline Outcome run(const std::string& name, const Command& command, const std::string& option,
                   const Words& value) {
  return run_leat(without_sql(with(name, command, option, value)));
}

inline void check_refused(const Outcome& outcome, const std::vector<std::string>& parts) {
  INFO(outcome.err.substr(0, 2000));
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err.size() < 1500);
  for (const auto& part : parts) CHECK(has(outcome.err, part));
}

/// The command line was taken, and nobody answered. join would wait long for that, and is given no address.
inline void check_taken(const Outcome& outcome) {
  INFO(outcome.err.substr(0, 2000));
  const bool is_nowhere = has(outcome.err, R"(connection id "nowhere" is not known)") ||
                          has(outcome.err, R"(connection id \"nowhere\" is not known)");
  CHECK((outcome.exit_code == 3 || outcome.exit_code == 4 || is_nowhere));
  CHECK_FALSE(has(outcome.err, "leat help"));
}

inline std::string swapped(std::string word) {
  std::swap(word[0], word[1]);
  return word;
}

}  // namespace leat::test
