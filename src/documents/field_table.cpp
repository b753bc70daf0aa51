#include "leat/documents/field_table.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace leat {

std::string DocumentField::option_name() const {
  if (option == "none") return {};
  if (!option.empty()) return option;
  std::string text = "--" + name;
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

FieldTable::FieldTable(std::string name, std::string doc, std::vector<DocumentField> fields)
    : name_(std::move(name)), doc_(std::move(doc)), fields_(std::move(fields)) {
  for (const auto& field : fields_) {
    if (std::find(names_.begin(), names_.end(), field.name) != names_.end()) {
      throw std::logic_error("the field " + field.name + " is there twice");
    }
    names_.push_back(field.name);
  }
}

const DocumentField* FieldTable::find(std::string_view name) const noexcept {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [name](const DocumentField& field) { return field.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

bool FieldTable::has_secrets() const noexcept {
  return std::any_of(fields_.begin(), fields_.end(), [](const auto& field) { return field.secret; });
}

void FieldTable::fill(void* object, const FieldValue::Map& values) const {
  for (const auto& [name, value] : values) {
    const DocumentField* field = find(name);
    if (field != nullptr && field->set && value.is_set()) field->set(object, value);
  }
}

}  // namespace leat
