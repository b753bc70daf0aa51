#include <utility>

#include "leat/documents/field_binding.hpp"
#include "leat/documents/pipeline_document.hpp"
#include "leat/documents/run_settings.hpp"
#include "leat/documents/stream_fields.hpp"

namespace leat {
namespace documents_detail {
namespace {

DocumentField read_elsewhere(DocumentField field) {
  field.option = "none";
  field.set = [](void*, const FieldValue&) {};
  field.get = [](const void*) { return FieldValue{}; };
  return field;
}

std::shared_ptr<const FieldTable> param_fields() {
  return std::make_shared<const FieldTable>(
      "param", "A value that the document's SQL has as :name.",
      std::vector<DocumentField>{
          bind_field<PipelineParam>({.name = "type",
                                     .type = value_types::text("a type as in SQL"),
                                     .doc = "The parameter's type",
                                     .example = "timestamptz",
                                     .default_text = "that of its place"},
                                    &PipelineParam::type),
          bind_field<PipelineParam>({.name = "default",
                                     .type = value_types::text("a value as text"),
                                     .doc = "The value if nobody gives one; the server reads it",
                                     .example = "yesterday"},
                                    &PipelineParam::otherwise),
          bind_field<PipelineParam>({.name = "required",
                                     .type = value_types::boolean(),
                                     .doc = "Somebody must give a value",
                                     .example = "true",
                                     .default_text = "false"},
                                    &PipelineParam::required),
          bind_field<PipelineParam>({.name = "one_of",
                                     .type = value_types::list_of(value_types::text("a value as text")),
                                     .doc = "The values that it may have",
                                     .example = "[de, fr]"},
                                    &PipelineParam::one_of),
          bind_field<PipelineParam>({.name = "description",
                                     .type = value_types::text(),
                                     .doc = "What it is, for people",
                                     .example = "the first day"},
                                    &PipelineParam::description)});
}

/// A place to connect to: {host: db2, database: dwh, user: etl, password: …}.
std::shared_ptr<const FieldTable> connection_fields() {
  const auto keyword = [](const char* name, const char* doc, const char* example, bool is_secret = false) {
    return read_elsewhere(
        {.name = name, .type = value_types::text(), .doc = doc, .example = example, .secret = is_secret});
  };
  DocumentField port = keyword("port", "The server's port", "5432");
  port.type = value_types::whole_number(1, 65'535);
  return std::make_shared<const FieldTable>(
      "connection", "A place to connect to, by libpq's keywords.",
      std::vector<DocumentField>{
          keyword("host", "The server's host, or the directory of its socket", "db2"), std::move(port),
          keyword("database", "The database", "dwh"), keyword("user", "The role", "etl"),
          keyword("password", "The role's password", "${file:/run/secrets/dwh}", true),
          keyword("schema", "The schema that names without one mean", "public"),
          keyword("sslmode", "Whether the connection is encrypted, as libpq says it", "verify-full"),
          keyword("sslrootcert", "The certificates that are trusted", "/etc/ssl/root.crt"),
          keyword("options", "Settings of the session", "-c work_mem=64MB")});
}

}  // namespace
}  // namespace documents_detail

const std::shared_ptr<const FieldTable>& pipeline_fields() {
  using documents_detail::read_elsewhere;
  static const std::shared_ptr<const FieldTable> table = std::make_shared<const FieldTable>(
      "document", "What is to be loaded.",
      std::vector<DocumentField>{
          read_elsewhere({.name = "leat",
                          .type = value_types::whole_number(1, 1),
                          .doc = "The version of this format",
                          .example = "1",
                          .required = true}),
          bind_field<PipelineDocument>({.name = "name",
                                        .type = value_types::text("a name"),
                                        .doc = "What the document is called",
                                        .example = "orders-nightly",
                                        .default_text = "that of its file",
                                        .option = "none"},
                                       &PipelineDocument::name),
          bind_field<PipelineDocument>({.name = "description",
                                        .type = value_types::text(),
                                        .doc = "What it does, for people",
                                        .example = "orders of the shops",
                                        .option = "none"},
                                       &PipelineDocument::description),
          bind_field<PipelineDocument>({.name = "labels",
                                        .type = value_types::map_of(value_types::text()),
                                        .doc = "What reports have of it",
                                        .example = "{team: finance}",
                                        .option = "none"},
                                       &PipelineDocument::labels),
          read_elsewhere(
              {.name = "params",
               .type = value_types::map_of(value_types::structure(documents_detail::param_fields())),
               .doc = "Values that SQL has as :name",
               .example = "{since: {type: timestamptz, default: yesterday}}"}),
          read_elsewhere({.name = "connections",
                          .type = value_types::map_of(value_types::one_of(
                              {value_types::text("a URI or a keyword string"),
                               value_types::structure(documents_detail::connection_fields())})),
                          .doc = "Places to connect to; other names are ids of the connections file",
                          .example = "{shop: \"${env:SHOP_URL}\"}"}),
          read_elsewhere({.name = "source",
                          .type = value_types::text("the name of a connection"),
                          .doc = "Where loads read that do not say it themselves",
                          .example = "shop"}),
          read_elsewhere({.name = "target",
                          .type = value_types::text("the name of a connection"),
                          .doc = "Where loads write that do not say it themselves",
                          .example = "warehouse"}),
          read_elsewhere({.name = "defaults",
                          .type = value_types::structure(load_fields()),
                          .doc = "What holds for every load that does not say it itself, key by key",
                          .example = "{mode: upsert}"}),
          read_elsewhere({.name = "options",
                          .type = value_types::structure(stream_fields()),
                          .doc = "The same of how rows travel",
                          .example = "{memory: 64MiB}"}),
          read_elsewhere({.name = "include",
                          .type = value_types::list_of(value_types::text("a file")),
                          .doc =
                              "Files that have connections, params and defaults as well, which this one may "
                              "say otherwise; named from where it stands",
                          .example = "[common.yaml]"}),
          bind_words<PipelineDocument>(
              {.name = "atomic",
               .doc = "each: each load is a transaction; all: all are one, of one target",
               .example = "all",
               .option = "none"},
              &PipelineDocument::atomic, {{"each", Atomic::each}, {"all", Atomic::all}}),
          bind_field<PipelineDocument>({.name = "store",
                                        .type = value_types::text("the name of a connection"),
                                        .doc = "The database that keeps transforms and schemas",
                                        .example = "warehouse",
                                        .default_text = "none"},
                                       &PipelineDocument::store),
          read_elsewhere({.name = "run",
                          .type = value_types::structure(run_fields()),
                          .doc = "What holds for a run as a whole",
                          .example = "{timeout: 2h}"}),
          read_elsewhere({.name = "schedule",
                          .type = value_types::structure(schedule_fields()),
                          .doc = "When a service runs the document",
                          .example = "{cron: '0 3 * * *'}"}),
          read_elsewhere({.name = "notify",
                          .type = value_types::list_of(value_types::structure(notice_fields())),
                          .doc = "Whom a service tells of a run's end",
                          .example = "[{on: [failed], webhook: \"${env:HOOK}\"}]"}),
          read_elsewhere({.name = "loads",
                          .type = value_types::list_of(value_types::structure(load_fields())),
                          .doc = "What is loaded, one after the other",
                          .example = "[{from: public.orders}]",
                          .required = true})});
  return table;
}

}  // namespace leat
