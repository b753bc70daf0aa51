#include "leat/documents/load_document.hpp"

#include <utility>

#include "documents/incremental_field.hpp"
#include "leat/documents/field_binding.hpp"
#include "leat/documents/stream_fields.hpp"

namespace leat {
namespace documents_detail {
namespace {

constexpr std::uint64_t most_sessions = 64;
constexpr std::uint64_t most_retries = 1'000'000;

/// One of that type, or a list of them.
DocumentField one_or_more(DocumentField field, const ValueType& type,
                          std::vector<std::string> LoadDocument::*member) {
  field.type = value_types::one_of({type, value_types::list_of(type)});
  field.set = [member](void* object, const FieldValue& value) {
    auto& all = static_cast<LoadDocument*>(object)->*member;
    if (const auto* const one = std::get_if<std::string>(&value.value)) {
      all = {*one};
    } else {
      detail::put_value(all, value);
    }
  };
  field.get = [member](const void* object) {
    return detail::take_value(static_cast<const LoadDocument*>(object)->*member);
  };
  return field;
}

/// Which columns, or which not: {exclude: [a]}.
DocumentField columns() {
  static const auto excluded = std::make_shared<const FieldTable>(
      "columns", "All columns but some.",
      std::vector<DocumentField>{bind_field<LoadDocument>({.name = "exclude",
                                                           .type = value_types::column_list(),
                                                           .doc = "All columns but these",
                                                           .example = "[internal_note]",
                                                           .required = true,
                                                           .option = "--exclude"},
                                                          &LoadDocument::exclude_columns)});
  DocumentField field{
      .name = "columns",
      .type = value_types::one_of({value_types::column_list(), value_types::structure(excluded)}),
      .doc = "Only these columns of the source, or all but some",
      .example = "[id, qty]",
      .default_text = "all"};
  field.set = [](void* object, const FieldValue& value) {
    if (const auto* const map = std::get_if<FieldValue::Map>(&value.value)) {
      excluded->fill(object, *map);
    } else {
      detail::put_value(static_cast<LoadDocument*>(object)->columns, value);
    }
  };
  field.get = [](const void* object) {
    return detail::take_value(static_cast<const LoadDocument*>(object)->columns);
  };
  return field;
}

/// Who says nothing of the mode may not know that rows beside the chosen ones would go.
DocumentField mode() {
  DocumentField field =
      bind_words<LoadDocument>({.name = "mode",
                                .doc = "replace, append, swap (readers never wait), upsert, insert-missing, "
                                       "delete-insert or sync; each in one transaction",
                                .example = "upsert"},
                               &LoadDocument::mode,
                               {{"replace", WriteMode::replace},
                                {"append", WriteMode::append},
                                {"swap", WriteMode::swap},
                                {"upsert", WriteMode::upsert},
                                {"insert-missing", WriteMode::insert_missing},
                                {"delete-insert", WriteMode::delete_insert},
                                {"sync", WriteMode::sync}});
  field.set = [set = field.set](void* object, const FieldValue& value) {
    set(object, value);
    static_cast<LoadDocument*>(object)->mode_given = true;
  };
  return field;
}

/// {subject: orders, on_change: fail}; what the defaults say of it stays where the load does not say it.
DocumentField registered_schema() {
  static const auto inner = std::make_shared<const FieldTable>(
      "load_schema", "Against which registered schema a load is checked before its first row.",
      std::vector<DocumentField>{
          bind_field<LoadSchema>({.name = "subject",
                                  .type = value_types::text("a subject of the schema registry"),
                                  .doc = "What the schema is registered as",
                                  .example = "orders",
                                  .default_text = "the load's name",
                                  .option = "none"},
                                 &LoadSchema::subject),
          bind_words<LoadSchema>(
              {.name = "on_change",
               .doc = "fail, evolve (what the subject's rule allows is a new version) or record (all is)",
               .example = "evolve",
               .default_text = "fail",
               .option = "none"},
              &LoadSchema::on_change,
              {{"fail", OnSchemaChange::fail},
               {"evolve", OnSchemaChange::evolve},
               {"record", OnSchemaChange::record}})});
  DocumentField field{.name = "schema",
                      .type = value_types::structure(inner),
                      .doc = "The registered schema that the source's columns are to have",
                      .example = "{subject: orders, on_change: fail}",
                      .default_text = "not checked",
                      .option = "none"};
  field.set = [](void* object, const FieldValue& value) {
    auto& schema = static_cast<LoadDocument*>(object)->schema;
    if (!schema) schema.emplace();
    if (const auto* const map = std::get_if<FieldValue::Map>(&value.value)) inner->fill(&*schema, *map);
  };
  field.get = [](const void*) { return FieldValue{}; };
  return field;
}

std::vector<DocumentField> fields_of_what() {
  return {
      bind_field<LoadDocument>({.name = "name",
                                .type = value_types::text("a name"),
                                .doc = "What the load is called; after and --only name it",
                                .example = "orders",
                                .default_text = "the target's table",
                                .option = "none"},
                               &LoadDocument::name),
      bind_field<LoadDocument>({.name = "source",
                                .type = value_types::text("the name of a connection"),
                                .doc = "Where rows come from",
                                .example = "shop",
                                .default_text = "the document's source"},
                               &LoadDocument::source),
      bind_field<LoadDocument>({.name = "target",
                                .type = value_types::text("the name of a connection"),
                                .doc = "Where rows go",
                                .example = "warehouse",
                                .default_text = "the document's target"},
                               &LoadDocument::target),
      bind_field<LoadDocument>({.name = "from",
                                .type = value_types::table_name(),
                                .doc = "The table to read (or sql, or tables)",
                                .example = "public.orders"},
                               &LoadDocument::from),
      bind_field<LoadDocument>({.name = "sql",
                                .type = value_types::sql("a query"),
                                .doc = "The query whose rows are loaded; :name stands for a parameter",
                                .example = "SELECT * FROM orders WHERE day = :day"},
                               &LoadDocument::sql),
      DocumentField{.name = "sql_file",
                    .type = value_types::text("a file"),
                    .doc = "The file that holds the query, named from where the document stands",
                    .example = "orders.sql",
                    .option = "--file",
                    .set = [](void*, const FieldValue&) {},
                    .get = [](const void*) { return FieldValue{}; }},
      one_or_more({.name = "tables",
                   .doc = "Patterns that choose many tables, all from one snapshot",
                   .example = "sales.*",
                   .option = "--include"},
                  value_types::text("a pattern of tables"), &LoadDocument::tables),
      bind_field<LoadDocument>({.name = "exclude",
                                .type = value_types::list_of(value_types::text("a pattern of tables")),
                                .doc = "Of the tables that are chosen, all but these",
                                .example = "['sales.tmp_*']",
                                .option = "none"},
                               &LoadDocument::exclude_tables),
      bind_field<LoadDocument>({.name = "to",
                                .type = value_types::text("a table as in SQL"),
                                .doc = "The table to load; of many tables with {schema} and {table}",
                                .example = "dwh.orders",
                                .default_text = "the source's name"},
                               &LoadDocument::to),
      columns(),
      bind_field<LoadDocument>({.name = "rename",
                                .type = value_types::map_of(value_types::text("a column of the target")),
                                .doc = "A source column goes into the target's column of another name",
                                .example = "{id: order_id}"},
                               &LoadDocument::rename),
      bind_field<LoadDocument>(
          {.name = "map",
           .type = value_types::map_of(value_types::sql("an SQL expression")),
           .doc = "The target's column gets the value of an SQL expression over the source's",
           .example = "{email: lower(email)}"},
          &LoadDocument::map),
      bind_field<LoadDocument>({.name = "where",
                                .type = value_types::sql("an SQL condition"),
                                .doc = "Only rows that meet this SQL condition",
                                .example = "qty > 0"},
                               &LoadDocument::where),
      DocumentField{.name = "transform",
                    .type = value_types::node("the steps of a transform, or a list of transforms"),
                    .doc = "What is made of the rows, in the source or, with place: target, there",
                    .example = "{filter: {status: active}}",
                    .set = [](void*, const FieldValue&) {},
                    .get = [](const void*) { return FieldValue{}; }},
      bind_field<LoadDocument>(
          {.name = "checked_casts",
           .type = value_types::boolean(),
           .doc = "Of a query: a value goes into another type of the target's (numeric into "
                  "integer, text into date) where it survives it; one that does not ends "
                  "the load",
           .example = "true",
           .option = "none"},
          &LoadDocument::checked_casts),
      incremental_field(),
  };
}

std::vector<DocumentField> fields_of_how() {
  return {
      mode(),
      bind_field<LoadDocument>(
          {.name = "key",
           .type = value_types::column_list(),
           .doc = "The target's columns by which upsert, insert-missing, delete-insert and "
                  "sync match rows",
           .example = "[id]",
           .default_text = "its primary key"},
          &LoadDocument::key),
      one_or_more({.name = "before_sql",
                   .doc = "SQL to run on the target first, in the load's transaction",
                   .example = "SET LOCAL work_mem = '1GB'"},
                  value_types::sql(), &LoadDocument::before_sql),
      one_or_more({.name = "after_sql",
                   .doc = "SQL to run on the target after the last row, before the commit",
                   .example = "DELETE FROM seen"},
                  value_types::sql(), &LoadDocument::after_sql),
      DocumentField{.name = "expect",
                    .type = value_types::node("a list of expectations"),
                    .doc = "What is looked at before the commit; a load that does not meet it is rolled back",
                    .example = "[rows > 0, {column: id, unique: true}]",
                    .option = "none",
                    .set = [](void*, const FieldValue&) {},
                    .get = [](const void*) { return FieldValue{}; }},
      bind_field<LoadDocument>({.name = "after",
                                .type = value_types::list_of(value_types::text("the name of a load")),
                                .doc = "Loads that must have ended well before this one begins",
                                .example = "[customers]",
                                .option = "none"},
                               &LoadDocument::after),
      registered_schema(),
      bind_words<LoadDocument>(
          {.name = "inheritance",
           .doc = "Of a table that others inherit from: only its own rows, or the rows of its whole tree",
           .example = "tree"},
          &LoadDocument::inheritance,
          {{"refuse", Inheritance::refuse}, {"only", Inheritance::only}, {"tree", Inheritance::tree}}),
      bind_words<LoadDocument>({.name = "large_objects",
                                .doc = "Whether the large objects of columns of the type lo are copied along",
                                .example = "copied"},
                               &LoadDocument::large_objects,
                               {{"stay", LargeObjectMode::stay}, {"copied", LargeObjectMode::copied}}),
      bind_field<LoadDocument>(
          {.name = "readers",
           .type = value_types::whole_number(0, most_sessions),
           .doc = "Sessions that read the table at the same time, in one snapshot; 0: as many as suit",
           .example = "4"},
          &LoadDocument::readers),
      bind_field<LoadDocument>({.name = "writers",
                                .type = value_types::whole_number(0, most_sessions),
                                .doc = "Sessions that write at the same time; 0: as many as suit",
                                .example = "4"},
                               &LoadDocument::writers),
      bind_field<LoadDocument>({.name = "jobs",
                                .type = value_types::whole_number(1, most_sessions),
                                .doc = "Of many tables: how many are copied at the same time",
                                .example = "4"},
                               &LoadDocument::jobs),
      bind_words<LoadDocument>(
          {.name = "delivery",
           .doc = "whole: one transaction; slices: a table goes on where it ended; auto: "
                  "slices where several sessions write",
           .example = "slices",
           .option = "none"},
          &LoadDocument::delivery,
          {{"auto", LoadDelivery::automatic},
           {"whole", LoadDelivery::whole},
           {"slices", LoadDelivery::slices}}),
      bind_field<LoadDocument>({.name = "retries",
                                .type = value_types::whole_number(0, most_retries),
                                .doc = "How often what failed is tried again after an error that may pass",
                                .example = "5"},
                               &LoadDocument::retries),
      bind_words<LoadDocument>(
          {.name = "on_lost_snapshot",
           .doc =
               "redo, continue or refuse: what becomes of slices that were read in a snapshot which is gone",
           .example = "refuse"},
          &LoadDocument::on_lost_snapshot,
          {{"redo", OnLostSnapshot::redo},
           {"continue", OnLostSnapshot::carry_on},
           {"refuse", OnLostSnapshot::refuse}}),
  };
}

/// A field of StreamOptions as one of a load.
DocumentField of_stream(const DocumentField& stream) {
  DocumentField field = stream;
  field.set = [set = stream.set](void* object, const FieldValue& value) {
    set(&static_cast<LoadDocument*>(object)->stream, value);
  };
  field.get = [get = stream.get](const void* object) {
    return get(&static_cast<const LoadDocument*>(object)->stream);
  };
  return field;
}

}  // namespace
}  // namespace documents_detail

const std::shared_ptr<const FieldTable>& load_fields() {
  static const std::shared_ptr<const FieldTable> table = [] {
    auto fields = documents_detail::fields_of_what();
    const auto add = [&fields](std::vector<DocumentField> more) {
      for (auto& field : more) fields.push_back(std::move(field));
    };
    add(documents_detail::fields_of_how());
    const LoadDocument unset;
    for (auto& field : fields) {
      if (field.default_text.empty()) field.default_text = to_text(field.type, field.get(&unset));
    }
    for (const auto& field : stream_fields()->fields()) fields.push_back(documents_detail::of_stream(field));
    return std::make_shared<const FieldTable>("load", "What goes where, and how.", std::move(fields));
  }();
  return table;
}

}  // namespace leat
