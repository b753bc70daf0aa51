#include "support/server_template.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "support/child_process.hpp"
#include "support/places.hpp"

namespace leat::test {
namespace {

namespace fs = std::filesystem;

bool has_server(const fs::path& directory) {
  return fs::exists(directory / "initdb") && fs::exists(directory / "postgres");
}

std::string without_line_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// Where initdb and postgres are: what LEAT_TEST_SERVER or pg_config says, Debian's newest, or the PATH.
fs::path find_programs(const fs::path& log) {
  if (const char* wanted = std::getenv("LEAT_TEST_SERVER"); wanted != nullptr && *wanted != '\0') {
    if (has_server(wanted)) return wanted;
    throw std::runtime_error(std::string("LEAT_TEST_SERVER has no initdb and postgres: ") + wanted);
  }
  try {
    const std::string said = without_line_end(ChildProcess{{"pg_config", "--bindir"}, log}.run());
    if (has_server(said)) return said;
  } catch (const std::runtime_error&) {  // no pg_config: look further
  }
  fs::path best;
  int newest = 0;
  if (const fs::path debian = "/usr/lib/postgresql"; fs::exists(debian)) {
    for (const auto& entry : fs::directory_iterator(debian)) {
      const int version = std::atoi(entry.path().filename().c_str());
      if (version > newest && has_server(entry.path() / "bin")) {
        newest = version;
        best = entry.path() / "bin";
      }
    }
  }
  if (newest > 0) return best;
  const char* path = std::getenv("PATH");
  for (std::string rest = path != nullptr ? path : ""; !rest.empty();) {
    const auto colon = rest.find(':');
    if (const fs::path directory = rest.substr(0, colon); has_server(directory)) return directory;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  throw std::runtime_error("no PostgreSQL server (initdb, postgres) is installed: run scripts/setup");
}

/// Owners and modes as they are; PostgreSQL refuses a directory of another user.
void copy_tree(const fs::path& from, const fs::path& to, const fs::path& log) {
  static_cast<void>(ChildProcess{{"cp", "-a", "--reflink=auto", "--", from, to}, log, ChildUser::same}.run());
}

/// Held while a template is made, so that test programs which start together make one.
class FileLock {
 public:
  explicit FileLock(const fs::path& path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ >= 0) ::flock(file_, LOCK_EX);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool is_held() const { return file_ >= 0; }

 private:
  int file_;
};

}  // namespace

fs::path make_server_directory() {
  std::string parent = fs::temp_directory_path().string();
  if (parent.size() > 60) parent = "/tmp";
  std::string name = parent + "/leat-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a directory under " + parent);
  give_to_child_user(name);
  fs::permissions(name, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  return name;
}

void remove_server_directory(const fs::path& directory) noexcept {
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

std::vector<std::pair<int, fs::path>> installed_servers() {
  std::map<int, fs::path> found;
  for (const fs::path folder : {"/usr/lib/postgresql", "/usr/local/lib/leat-servers"}) {
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const int version = std::atoi(entry.path().filename().c_str());
      if (version > 0 && has_server(entry.path() / "bin")) found.emplace(version, entry.path() / "bin");
    }
  }
  return {found.begin(), found.end()};
}

const ServerTemplate& ServerTemplate::instance() {
  static const ServerTemplate made{fs::path()};
  return made;
}

const ServerTemplate& ServerTemplate::of(const fs::path& programs) {
  static std::mutex mutex;
  static std::map<fs::path, std::unique_ptr<ServerTemplate>> made;
  const std::lock_guard lock(mutex);
  auto& one = made[programs];
  if (!one) one.reset(new ServerTemplate(programs));
  return *one;
}

ServerTemplate::ServerTemplate(fs::path programs)
    : scratch_(make_server_directory()), programs_(std::move(programs)) {
  try {
    const fs::path log = scratch_ / "log";
    if (programs_.empty()) programs_ = find_programs(log);
    const fs::path kept = kept_directory();
    std::error_code ignored;
    fs::create_directories(kept.parent_path(), ignored);
    const FileLock lock(kept.string() + ".lock");
    if (lock.is_held() && fs::exists(kept)) {
      data_ = kept;
      return;
    }
    data_ = scratch_ / "data";
    static_cast<void>(ChildProcess{{programs_ / "initdb", "--no-sync", "--auth=trust", "-U", "leat", "-E",
                                    "UTF8", "--locale=C.UTF-8", "-D", data_},
                                   log}
                          .run());
    if (lock.is_held()) keep_as(kept);
  } catch (...) {
    remove_server_directory(scratch_);
    throw;
  }
}

ServerTemplate::~ServerTemplate() {
  remove_server_directory(scratch_);
}

/// Its name says what made it: another PostgreSQL, or another user, needs another one.
fs::path ServerTemplate::kept_directory() const {
  std::string name =
      without_line_end(ChildProcess{{programs_ / "initdb", "--version"}, scratch_ / "log"}.run());
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '-';
  }
  return build_directory() / "test-servers" / (name + "-" + std::to_string(::geteuid()));
}

/// It is there whole or not at all, whatever ends this process.
void ServerTemplate::keep_as(const fs::path& kept) const {
  const fs::path partial = kept.string() + ".new";
  remove_server_directory(partial);
  try {
    copy_tree(data_, partial, scratch_ / "log");
    fs::rename(partial, kept);
  } catch (const std::exception&) {  // no room, no permission: this process has its own
    remove_server_directory(partial);
  }
}

void ServerTemplate::copy_to(const fs::path& data) const {
  copy_tree(data_, data, data.parent_path() / "log");
}

fs::path ServerTemplate::program(const char* name) const {
  return fs::exists(programs_ / name) ? programs_ / name : fs::path(name);
}

}  // namespace leat::test
