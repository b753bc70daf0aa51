#include "cli/clone_archive.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace leat::cli {
namespace {

/// "215; 1259 16386 INDEX public a owner" from its third blank on; nothing for a line of another kind.
std::string_view listed_object(std::string_view line) {
  if (line.empty() || line.front() == ';') return {};
  for (int i = 0; i < 3; ++i) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  return line;
}

template <class Chooses>
std::string chosen_lines(const std::string& list, const Chooses& chooses) {
  std::istringstream lines(list);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const auto object = listed_object(line);
    if (!object.empty() && chooses(object)) out += line + "\n";
  }
  return out;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw Error(ErrorKind::config, path + " cannot be written");
}

}  // namespace

CloneArchive::CloneArchive(const CloneOptions& options, const PgPrograms& programs,
                           const ProgramConnection& source, const ProgramConnection& target,
                           std::string snapshot, std::string lock_timeout)
    : options_(options),
      programs_(programs),
      source_(source),
      target_(target),
      snapshot_(std::move(snapshot)),
      lock_timeout_(std::move(lock_timeout)) {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  std::string name = ((error ? std::filesystem::path("/tmp") : parent) / "leat-clone-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorKind::config, "no directory can be made at " + name,
                {.hint = "name a directory with TMPDIR"});
  }
  directory_ = name;
}

CloneArchive::~CloneArchive() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<std::string> CloneArchive::dump_words(std::vector<std::string> words) const {
  words.insert(words.end(), {"--format=custom", "--snapshot=" + snapshot_, "--exclude-schema=leat_meta"});
  if (lock_timeout_ != "0") words.push_back("--lock-wait-timeout=" + lock_timeout_);
  return words;
}

std::vector<std::string> CloneArchive::restore_words(std::vector<std::string> words) const {
  if (options_.no_owner) words.emplace_back("--no-owner");
  if (options_.no_privileges) words.emplace_back("--no-privileges");
  if (options_.no_tablespaces) words.emplace_back("--no-tablespaces");
  return words;
}

void CloneArchive::dump_definitions(const std::stop_token& stop) {
  programs_.dump(source_,
                 dump_words({"--section=pre-data", "--section=post-data", "--no-blobs", "--compress=0",
                             "--file=" + file("definitions")}),
                 stop);
}

std::string CloneArchive::text(const std::stop_token& stop) const {
  std::istringstream lines(
      programs_.read(restore_words({"--section=pre-data", "--file=-"}), file("definitions"), stop));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const bool varies = line.starts_with("\\restrict") || line.starts_with("\\unrestrict") ||
                        line.starts_with("-- Dumped ") || line.starts_with("-- Started ") ||
                        line.starts_with("-- Completed ");
    if (!varies) out += line + "\n";
  }
  return out;
}

void CloneArchive::restore_definitions(const std::stop_token& stop) const {
  programs_.restore(target_, restore_words({"--section=pre-data", "--single-transaction", "--exit-on-error"}),
                    file("definitions"), stop);
}

CloneParts CloneArchive::parts(const std::stop_token& stop) const {
  return parts_of_script(
      programs_.read(restore_words({"--section=post-data", "--file=-"}), file("definitions"), stop));
}

void CloneArchive::copy_large_objects(const std::stop_token& stop) const {
  programs_.dump(source_,
                 dump_words({"--section=pre-data", "--section=data", "--blobs", "--exclude-table-data=*.*",
                             "--compress=1", "--file=" + file("objects")}),
                 stop);
  write_file(file("list"), large_object_lines(programs_.read({"--list"}, file("objects"), stop)));
  programs_.restore(target_, restore_words({"--exit-on-error", "--use-list=" + file("list")}),
                    file("objects"), stop);
}

void CloneArchive::restore_rest(const std::set<std::string>& there, const std::set<std::string>& roles,
                                std::size_t jobs, const std::stop_token& stop) const {
  auto words = restore_words({"--section=post-data", "--jobs=" + std::to_string(jobs)});
  if (!there.empty()) {
    // A comment is of the section of what stands before it in the list, so nothing of another one may.
    const std::string list = programs_.read({"--list", "--section=post-data"}, file("definitions"), stop);
    write_file(file("list"), lines_left(list, there, roles));
    words.push_back("--use-list=" + file("list"));
  }
  programs_.restore(target_, std::move(words), file("definitions"), stop);
}

std::string large_object_lines(const std::string& list) {
  return chosen_lines(list, [](std::string_view object) {
    for (const std::string_view kind : {"ACL - LARGE OBJECT", "COMMENT - LARGE OBJECT",
                                        "SECURITY LABEL - LARGE OBJECT", "BLOB ", "BLOBS "}) {
      if (object.starts_with(kind)) return true;
    }
    return false;
  });
}

std::string lines_left(const std::string& list, const std::set<std::string>& there,
                       const std::set<std::string>& roles) {
  return chosen_lines(list, [&](std::string_view object) {
    // The owner is behind the last blank, or some blank before.
    for (auto blank = object.rfind(' '); blank != std::string_view::npos && blank > 0;
         blank = object.rfind(' ', blank - 1)) {
      const bool is_owner = roles.contains(std::string(object.substr(blank + 1)));
      if (is_owner && there.contains(std::string(object.substr(0, blank)))) return false;
    }
    return true;
  });
}

}  // namespace leat::cli
