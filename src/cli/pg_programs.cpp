#include "cli/pg_programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/child_process.hpp"

namespace leat::cli {
namespace {

constexpr int major_factor = 10'000;
constexpr std::chrono::seconds shortest_connect_timeout{2};
constexpr const char* usual_connect_timeout = "10";
constexpr const char* bin_hint =
    "install the client programs of that version (postgresql-client), or name their directory with --pg-bin";

bool is_program(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::string find_program(const std::string& name, const std::string& directory) {
  if (!directory.empty()) {
    const std::string path = (std::filesystem::path(directory) / name).string();
    if (is_program(path)) return path;
    throw Error(ErrorKind::config,
                "--pg-bin: there is no program " + name + " in " + directory.substr(0, 200));
  }
  const char* const variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const auto end = rest.find(':');
    const std::string_view one = rest.substr(0, end);
    const std::string path = std::string(one.empty() ? "." : one) + "/" + name;
    if (is_program(path)) return path;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  throw Error(ErrorKind::config, "the program " + name + " is in no directory of PATH", {.hint = bin_hint});
}

/// "pg_dump (PostgreSQL) 15.4 (Debian …)" is 15; 0 for what is no version.
int major_of(const std::string& text) {
  constexpr std::string_view before = "(PostgreSQL) ";
  const auto at = text.find(before);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + before.size());
}

int program_major(const std::string& path, const std::stop_token& stop) {
  const ChildEnd end = run_child({.path = path, .words = {"--version"}}, stop);
  const int major = end.code == 0 ? major_of(end.output) : 0;
  if (major == 0) throw Error(ErrorKind::config, path + " does not tell its version", {.hint = bin_hint});
  return major;
}

std::string quoted_value(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// "pg_restore: error: …" without what stands before the first word of use.
std::string without_program(const std::string& line) {
  for (const std::string_view before : {"pg_dump: ", "pg_restore: "}) {
    if (line.starts_with(before)) return line.substr(before.size());
  }
  return line;
}

}  // namespace

ProgramConnection program_connection(const ResolvedConnection& where, Connection& session,
                                     std::optional<std::chrono::milliseconds> connect_timeout,
                                     const std::stop_token& stop) {
  ProgramConnection result;
  ConnectionTarget target = where.target;
  const std::string database(session.execute("SELECT pg_catalog.current_database()", {}, stop).text(0, 0));
  // One of several hosts: the one that has the snapshot.
  for (const char* const keyword : {"host", "hostaddr", "port"}) {
    if (target.get(keyword).find(',') == std::string_view::npos) continue;
    const auto there = ConnectionTarget::parse(session.endpoint());
    target.set("host", std::string(there.get("host")));
    target.set("port", std::string(there.get("port")));
    target.set("hostaddr", "");
  }
  target.set("dbname", database);
  target.set("application_name", "");
  if (connect_timeout) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*connect_timeout);
    target.set("connect_timeout", std::to_string(std::max(seconds, shortest_connect_timeout).count()));
  } else if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) {
    result.connect_timeout = usual_connect_timeout;
  }
  if (!target.get("sslpassword").empty()) {
    throw Error(ErrorKind::config, "the password of a client key (sslpassword) is not handed to pg_dump",
                {.hint = "use a key without one"});
  }
  for (const auto& [keyword, value] : target.parameters()) {
    if (keyword == "password") {
      result.password = value;
    } else if (!value.empty()) {
      result.conninfo += keyword + "=" + quoted_value(value) + " ";
    }
  }
  return result;
}

PgPrograms::PgPrograms(const std::string& directory, int server_version, Logger log,
                       const std::stop_token& stop)
    : dump_(find_program("pg_dump", directory)),
      restore_(find_program("pg_restore", directory)),
      major_(program_major(dump_, stop)),
      log_(std::move(log)) {
  const int server = server_version / major_factor;
  if (major_ < server) {
    throw Error(ErrorKind::config,
                dump_ + " is of version " + std::to_string(major_) + ", and the source is PostgreSQL " +
                    std::to_string(server) + ": pg_dump of version " + std::to_string(server) +
                    " or newer is needed; nothing was changed",
                {.hint = bin_hint});
  }
  const int restore_major = program_major(restore_, stop);
  if (restore_major < major_) {
    throw Error(ErrorKind::config,
                restore_ + " is of version " + std::to_string(restore_major) + ", and " + dump_ +
                    " of version " + std::to_string(major_) +
                    ", whose archives it does not read; nothing was changed",
                {.hint = bin_hint});
  }
}

std::string PgPrograms::run(ErrorKind side, const std::string& path, std::vector<std::string> words,
                            const ProgramConnection* where, const std::stop_token& stop) const {
  const std::string name = std::filesystem::path(path).filename().string();
  std::string errors;
  std::size_t count = 0;
  ChildProgram program{.path = path, .words = std::move(words)};
  program.variables.emplace_back("PGAPPNAME", program_sessions + name);
  if (where != nullptr && !where->password.empty())
    program.variables.emplace_back("PGPASSWORD", where->password);
  if (where != nullptr && !where->connect_timeout.empty())
    program.variables.emplace_back("PGCONNECT_TIMEOUT", where->connect_timeout);
  bool quotes_statement = false;
  program.on_line = [&](const std::string& line) {
    const std::string text = redact_secrets(without_program(line));
    // A statement may hold a password, in quotes and on any of its lines.
    if (line.starts_with(name + ": ")) quotes_statement = false;
    if (text.starts_with("Command was: ")) quotes_statement = true;
    if (quotes_statement) return;
    const bool is_error = text.starts_with("error: ");
    if (is_error) ++count;
    constexpr std::size_t enough = 4'000;
    if (errors.size() < enough && !text.starts_with("warning: "))
      errors += (errors.empty() ? "" : "\n") + text;
    if (text.starts_with("warning: ")) {
      log_.warning(name + ": " + text);
    } else {
      log_.info(name + ": " + text);
    }
  };
  const ChildEnd end = run_child(program, stop);
  if (end.code == 0) return end.output;
  const std::string first = errors.substr(0, errors.find('\n'));
  throw Error(side,
              name +
                  (end.code > 128 ? " was ended by signal " + std::to_string(end.code - 128)
                                  : " has ended with exit code " + std::to_string(end.code)) +
                  (first.empty() ? "" : ": " + first),
              {.detail = count > 1 || errors.size() > first.size() ? errors : ""});
}

void PgPrograms::dump(const ProgramConnection& source, std::vector<std::string> words,
                      const std::stop_token& stop) const {
  words.insert(words.end(), {"--no-password", "-d", source.conninfo});
  static_cast<void>(run(ErrorKind::source, dump_, std::move(words), &source, stop));
}

void PgPrograms::restore(const ProgramConnection& target, std::vector<std::string> words,
                         const std::string& archive, const std::stop_token& stop) const {
  words.insert(words.end(), {"--no-password", "-d", target.conninfo, archive});
  static_cast<void>(run(ErrorKind::target, restore_, std::move(words), &target, stop));
}

std::string PgPrograms::read(std::vector<std::string> words, const std::string& archive,
                             const std::stop_token& stop) const {
  words.push_back(archive);
  return run(ErrorKind::config, restore_, std::move(words), nullptr, stop);
}

}  // namespace leat::cli
