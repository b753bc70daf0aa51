#include "documents/example_fields.hpp"

#include "leat/documents/stream_fields.hpp"

namespace leat::test {

std::shared_ptr<const FieldTable> example_fields() {
  using Options = ExampleOptions;
  DocumentField options{.name = "options",
                        .type = value_types::structure(stream_fields()),
                        .doc = "How rows are written",
                        .option = "none"};
  options.set = [](void* object, const FieldValue& value) {
    stream_fields()->fill(&static_cast<Options*>(object)->stream, std::get<FieldValue::Map>(value.value));
  };
  return std::make_shared<const FieldTable>(
      "load", "A load.",
      std::vector<DocumentField>{
          bind_field<Options>({.name = "from",
                               .type = value_types::table_name(),
                               .doc = "The table",
                               .example = "public.orders",
                               .required = true},
                              &Options::from),
          bind_field<Options>({.name = "key", .type = value_types::column_list(), .doc = "The key"},
                              &Options::key),
          bind_field<Options>(
              {.name = "readers", .type = value_types::whole_number(0, 64), .doc = "Sessions"},
              &Options::readers),
          bind_field<Options>(
              {.name = "where", .type = value_types::sql("a condition of SQL"), .doc = "Rows"},
              &Options::where),
          bind_field<Options>(
              {.name = "password", .type = value_types::text(), .doc = "Who may", .secret = true},
              &Options::password),
          bind_field<Options>({.name = "after",
                               .type = value_types::list_of(value_types::text("a load's name")),
                               .doc = "Loads before"},
                              &Options::after),
          bind_field<Options>(
              {.name = "labels", .type = value_types::map_of(value_types::text()), .doc = "Labels"},
              &Options::labels),
          bind_field<Options>({.name = "verify", .type = value_types::boolean(), .doc = "Compare"},
                              &Options::verify),
          std::move(options)});
}

}  // namespace leat::test
