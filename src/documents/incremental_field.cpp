#include "documents/incremental_field.hpp"

#include <memory>
#include <utility>

#include "leat/documents/field_binding.hpp"
#include "leat/documents/load_document.hpp"

namespace leat::documents_detail {
namespace {

std::shared_ptr<const FieldTable> fields_of_incremental() {
  return std::make_shared<const FieldTable>(
      "incremental", "Which rows are new since the load before.",
      std::vector<DocumentField>{
          bind_field<IncrementalOptions>({.name = "column",
                                          .type = value_types::text("a column of the source"),
                                          .doc = "Rows are new by this column, which grows with each change",
                                          .example = "changed_at",
                                          .required = true,
                                          .option = "--incremental"},
                                         &IncrementalOptions::column),
          bind_field<IncrementalOptions>(
              {.name = "lag",
               .type = value_types::text("a time, or of numbers a number in quotes"),
               .doc = "So far below the watermark a load begins, for rows that commit late",
               .example = "15 minutes",
               .default_text = "none"},
              &IncrementalOptions::lag),
          bind_field<IncrementalOptions>(
              {.name = "initial",
               .type = value_types::text("a value of the column, a number in quotes"),
               .doc = "Value with which the first load begins",
               .example = "2024-01-01",
               .default_text = "all rows"},
              &IncrementalOptions::initial),
          bind_field<IncrementalOptions>(
              {.name = "watermark",
               .type = value_types::text("a name"),
               .doc = "Name under which the target keeps how far the loads have come",
               .example = "nightly/orders",
               .default_text = "the document's and the load's"},
              &IncrementalOptions::name),
          bind_words<IncrementalOptions>(
              {.name = "bound",
               .doc =
                   "column, or snapshot: also rows of transactions that had not ended when the load before "
                   "was read",
               .example = "snapshot",
               .default_text = "column"},
              &IncrementalOptions::bound,
              {{"column", IncrementalBound::column}, {"snapshot", IncrementalBound::snapshot}}),
      });
}

}  // namespace

DocumentField incremental_field() {
  const auto table = fields_of_incremental();
  DocumentField field{.name = "incremental",
                      .type = value_types::structure(table),
                      .doc =
                          "Only rows that are new since the load before, by a watermark that is committed "
                          "with them (docs/incremental.md)",
                      .example = "{column: changed_at, lag: 15 minutes}",
                      .default_text = "all rows",
                      .option = "none"};
  field.set = [table](void* object, const FieldValue& value) {
    table->fill(&static_cast<LoadDocument*>(object)->incremental.emplace(),
                std::get<FieldValue::Map>(value.value));
  };
  field.get = [table](const void* object) -> FieldValue {
    const auto& options = static_cast<const LoadDocument*>(object)->incremental;
    if (!options) return {};
    FieldValue::Map values;
    for (const auto& inner : table->fields()) values.emplace_back(inner.name, inner.get(&*options));
    return {.value = std::move(values)};
  };
  return field;
}

}  // namespace leat::documents_detail
