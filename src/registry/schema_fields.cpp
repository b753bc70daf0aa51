#include "registry/schema_fields.hpp"

#include <memory>
#include <utility>

#include "leat/documents/field_binding.hpp"
#include "leat/registry/schema_document.hpp"

namespace leat {
namespace registry_detail {
namespace {

/// What is read apart.
DocumentField read_apart(DocumentField field) {
  field.set = [](void*, const FieldValue&) {};
  field.get = [](const void*) { return FieldValue{}; };
  return field;
}

template <class Owner, class Member>
DocumentField no_option(DocumentField field, Member Owner::*member) {
  field.option = "none";
  return bind_field<Owner>(std::move(field), member);
}

}  // namespace

const std::shared_ptr<const FieldTable>& schema_column_fields() {
  static const auto table = std::make_shared<const FieldTable>(
      "schema_column", "A column of a schema.",
      std::vector<DocumentField>{
          no_option({.name = "name",
                     .type = value_types::text("a column's name"),
                     .doc = "What the column is called; capitals and blanks count",
                     .example = "order_id",
                     .required = true},
                    &SchemaColumnText::name),
          no_option({.name = "type",
                     .type = value_types::text("a type as in SQL"),
                     .doc = "Its type, as SQL writes it; one that is not built in has its schema",
                     .example = "numeric(12,2)",
                     .other_names = {"data_type"}},
                    &SchemaColumnText::type),
          no_option({.name = "dtype",
                     .type = value_types::text("a word such as int or string"),
                     .doc = "Instead of type: string, int, float, bool, datetime, date or timestamp",
                     .example = "int"},
                    &SchemaColumnText::dtype),
          no_option({.name = "nullable",
                     .type = value_types::boolean(),
                     .doc = "Whether it may be NULL",
                     .example = "false",
                     .default_text = "true, but for columns of the key"},
                    &SchemaColumnText::nullable),
          read_apart({.name = "default",
                      .type = value_types::node("an SQL expression, a number, true or false"),
                      .doc = "What a row has that does not say it: SQL; beside dtype, the value itself",
                      .example = "now()",
                      .option = "none"}),
          no_option({.name = "collation",
                     .type = value_types::text("a collation as in SQL"),
                     .doc = "Its collation, with its schema",
                     .example = "'pg_catalog.\"C\"'",
                     .default_text = "the type's own"},
                    &SchemaColumnText::collation),
          no_option({.name = "description",
                     .type = value_types::text(),
                     .doc = "What it is, for people",
                     .example = "when it was paid"},
                    &SchemaColumnText::description),
          no_option({.name = "key",
                     .type = value_types::boolean(),
                     .doc = "Whether it is a part of the primary key",
                     .example = "true",
                     .default_text = "false"},
                    &SchemaColumnText::key),
          no_option({.name = "labels",
                     .type = value_types::list_of(value_types::text("a label")),
                     .doc = "The labels of an enum, in order",
                     .example = "[new, paid]"},
                    &SchemaColumnText::labels)});
  return table;
}

}  // namespace registry_detail

const std::shared_ptr<const FieldTable>& schema_fields() {
  using registry_detail::no_option;
  using registry_detail::read_apart;
  using registry_detail::schema_column_fields;
  using registry_detail::SchemaText;
  static const auto table = std::make_shared<const FieldTable>(
      "schema", "Which columns data have.",
      std::vector<DocumentField>{
          read_apart({.name = "columns",
                      .type = value_types::list_of(value_types::structure(schema_column_fields())),
                      .doc = "The columns, in order",
                      .example = "[{name: id, type: bigint, key: true}]",
                      .required = true,
                      .option = "none"}),
          no_option({.name = "description",
                     .type = value_types::text(),
                     .doc = "What the data are, for people",
                     .example = "orders of the shops"},
                    &SchemaText::description),
          no_option({.name = "key",
                     .type = value_types::column_list(),
                     .doc = "The columns of the primary key, in its order",
                     .example = "[shop, id]"},
                    &SchemaText::key),
          no_option({.name = "strict",
                     .type = value_types::boolean(),
                     .doc = "Kept for who reads the schema; leat never changes a value until it fits",
                     .example = "true",
                     .default_text = "false"},
                    &SchemaText::strict),
          no_option({.name = "allow_extra_columns",
                     .type = value_types::boolean(),
                     .doc = "Whether loads that are checked against it may have more columns",
                     .example = "true",
                     .default_text = "false; true where columns have dtype"},
                    &SchemaText::allow_extra_columns),
          read_apart({.name = "version",
                      .type = value_types::whole_number(1, 1'000'000),
                      .doc = "Not looked at: the registry counts versions itself",
                      .example = "1",
                      .option = "none"}),
          read_apart({.name = "created_at",
                      .type = value_types::text(),
                      .doc = "Not looked at: the registry notes the time itself",
                      .example = "2024-01-15T10:00:00",
                      .option = "none"})});
  return table;
}

}  // namespace leat
