#include "jobs/named/unit_target.hpp"

#include "jobs/report/document.hpp"

namespace leat::jobs_detail {

std::string with_target(const std::string& definition, const std::string& files) {
  if (files.empty()) return definition;
  Document json = Document::parse(definition);
  json["into"] = files;
  return json_text(json);
}

std::string target_of(const std::string& definition) {
  return Document::parse(definition).value("into", std::string());
}

}  // namespace leat::jobs_detail
