// docs/documents.md has the reference of all fields.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "leat/documents/field_pages.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "support/catch.hpp"

using namespace leat;

TEST_CASE("Reference: docs/documents.md tells of every field", "[documents]") {
  const std::string path = std::string(LEAT_TEST_DOCUMENTS) + "/../../docs/documents.md";
  constexpr const char* mark = "<!-- What follows is written by tests/documents/reference_test.cpp. -->\n";
  std::ifstream in(path);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto at = page.find(mark);
  REQUIRE(at != std::string::npos);
  const std::string wanted = page.substr(0, at) + mark + "\n" + reference_page(*pipeline_fields());
  if (std::getenv("LEAT_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << wanted;
    return;
  }
  INFO("LEAT_WRITE_DOCS=1 leat_tests_documents '[#reference_test]' writes it");
  CHECK(page == wanted);
}
