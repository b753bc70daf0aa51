#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/value_type.hpp"

namespace leat {

/// One field of a document: the only description that it has. From it come what the document's reader takes
/// and says, the schema for editors, the reference page, and the command's option.
struct LEAT_EXPORT DocumentField {
  std::string name{};  ///< "lock_timeout"
  ValueType type{};
  std::string doc{};      ///< one or a few sentences, of which the option's help is made
  std::string example{};  ///< as a document has it
  /// What holds if it is not there, for people. Left empty, it is the value of a new object.
  std::string default_text{};
  bool required = false;
  /// Its value is in no message, plan or log.
  bool secret = false;
  /// What else somebody may call it; then the message says what to write.
  std::vector<std::string> other_names{};
  /// The command's option: empty for "--" and the name with "-" for "_"; "none" if there is none.
  std::string option{};

  /// Puts a value into the object that the table describes, and takes it out; made by bind_field().
  std::function<void(void* object, const FieldValue& value)> set{};
  std::function<FieldValue(const void* object)> get{};

  /// "--lock-timeout", or empty.
  [[nodiscard]] std::string option_name() const;
};

/// The fields of a mapping in a document. Thread-safe: nothing of it changes once it is made.
class LEAT_EXPORT FieldTable {
 public:
  /// @param name what the schema and the reference call it: "options".
  /// @throws std::logic_error if two fields have one name.
  FieldTable(std::string name, std::string doc, std::vector<DocumentField> fields);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& doc() const noexcept { return doc_; }
  [[nodiscard]] const std::vector<DocumentField>& fields() const noexcept { return fields_; }
  /// The field of that name, or null.
  [[nodiscard]] const DocumentField* find(std::string_view name) const noexcept;
  /// The names of all fields.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] bool has_secrets() const noexcept;

  /// Puts values into the object that the table describes, of which the caller knows the type.
  void fill(void* object, const FieldValue::Map& values) const;

 private:
  std::string name_;
  std::string doc_;
  std::vector<DocumentField> fields_;
  std::vector<std::string> names_;
};

}  // namespace leat
