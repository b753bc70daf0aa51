#include "documents/schema_answers.hpp"

#include <cstdio>
#include <memory>
#include <sstream>

#include "support/catch.hpp"
#include "support/own_directory.hpp"

namespace leat::test {
namespace {

/// What a program prints, by lines.
std::vector<std::string> lines_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  REQUIRE(pipe);
  std::string text;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) text += static_cast<char>(c);
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

bool has_jsonschema() {
  return lines_of("python3 -c 'import jsonschema; print(1)' 2>/dev/null").size() == 1;
}

std::vector<std::string> schema_answers(const std::string& schema,
                                        const std::vector<std::string>& documents) {
  const OwnDirectory directory;
  std::string text;
  for (const auto& document : documents) text += document + "\n";
  const auto schema_file = directory.write("schema.json", schema);
  const auto all = directory.write("documents", text);
  return lines_of("python3 '" LEAT_TEST_DOCUMENTS "/accepts.py' '" + schema_file + "' '" + all + "'");
}

}  // namespace leat::test
