#include "leat/documents/run_settings.hpp"

#include <utility>

#include "leat/documents/field_binding.hpp"

namespace leat {
namespace {

std::shared_ptr<const FieldTable> make_concurrency_fields() {
  return std::make_shared<const FieldTable>(
      "concurrency", "What becomes of a run while another one is at work.",
      std::vector<DocumentField>{
          bind_field<RunSettings>({.name = "key",
                                   .type = value_types::text("a name"),
                                   .doc = "Runs of one key are not at work at the same time",
                                   .example = "orders",
                                   .default_text = "the document's name",
                                   .option = "none"},
                                  &RunSettings::concurrency_key),
          bind_words<RunSettings>(
              {.name = "on_conflict",
               .doc = "queue: it waits; skip: it ends well at once; refuse: it fails",
               .example = "skip",
               .option = "none"},
              &RunSettings::on_conflict,
              {{"queue", OnConflict::queue}, {"skip", OnConflict::skip}, {"refuse", OnConflict::refuse}})});
}

DocumentField concurrency() {
  static const auto fields = make_concurrency_fields();
  return {.name = "concurrency",
          .type = value_types::structure(fields),
          .doc = "What becomes of a run while another one of the same key is at work",
          .example = "{key: orders, on_conflict: skip}",
          .option = "none",
          .set =
              [](void* object, const FieldValue& value) {
                if (const auto* const map = std::get_if<FieldValue::Map>(&value.value)) {
                  fields->fill(object, *map);
                }
              },
          .get = [](const void*) { return FieldValue{}; }};
}

}  // namespace

const std::shared_ptr<const FieldTable>& run_fields() {
  static const std::shared_ptr<const FieldTable> table = std::make_shared<const FieldTable>(
      "run", "What holds for a run of the document as a whole.",
      std::vector<DocumentField>{
          bind_field<RunSettings>({.name = "idempotency_key",
                                   .type = value_types::text("a key"),
                                   .doc = "Two runs of one key load once, from wherever they are started",
                                   .example = "orders-${run:date}"},
                                  &RunSettings::idempotency_key),
          bind_field<RunSettings>({.name = "timeout",
                                   .type = value_types::duration(),
                                   .doc = "A run that takes longer is stopped",
                                   .example = "2h",
                                   .default_text = "none"},
                                  &RunSettings::timeout),
          concurrency()});
  return table;
}

const std::shared_ptr<const FieldTable>& schedule_fields() {
  static const std::shared_ptr<const FieldTable> table = std::make_shared<const FieldTable>(
      "schedule", "When a service runs the document.",
      std::vector<DocumentField>{
          bind_field<RunSchedule>({.name = "cron",
                                   .type = value_types::text("five fields as of cron"),
                                   .doc = "Minute, hour, day of the month, month and day of the week",
                                   .example = "0 3 * * 1-5",
                                   .required = true,
                                   .option = "none"},
                                  &RunSchedule::cron),
          bind_field<RunSchedule>({.name = "timezone",
                                   .type = value_types::text("a time zone"),
                                   .doc = "The time zone of cron's times, by its IANA name",
                                   .example = "Europe/Berlin",
                                   .default_text = "UTC",
                                   .option = "none"},
                                  &RunSchedule::timezone),
          bind_words<RunSchedule>(
              {.name = "on_missed",
               .doc = "Times at which nothing ran: they are made up for once, not at all, or all of them",
               .example = "skip",
               .option = "none"},
              &RunSchedule::on_missed,
              {{"once", OnMissed::once}, {"skip", OnMissed::skip}, {"all", OnMissed::all}}),
          bind_field<RunSchedule>({.name = "jitter",
                                   .type = value_types::duration(),
                                   .doc = "A run begins up to so much later, by chance",
                                   .example = "5min",
                                   .default_text = "none",
                                   .option = "none"},
                                  &RunSchedule::jitter)});
  return table;
}

const std::shared_ptr<const FieldTable>& notice_fields() {
  static const std::shared_ptr<const FieldTable> table = std::make_shared<const FieldTable>(
      "notice", "Whom a service tells of a run's end.",
      std::vector<DocumentField>{
          bind_field<RunNotice>(
              {.name = "on",
               .type = value_types::list_of(value_types::word({"done", "failed", "cancelled", "unusual"})),
               .doc = "The ends that are told",
               .example = "[failed, unusual]",
               .default_text = "each",
               .option = "none"},
              &RunNotice::on),
          bind_field<RunNotice>({.name = "webhook",
                                 .type = value_types::text("a URL"),
                                 .doc = "The run's report is sent there by POST",
                                 .example = "${env:HOOK}",
                                 .secret = true,
                                 .option = "none"},
                                &RunNotice::webhook),
          bind_field<RunNotice>({.name = "secret",
                                 .type = value_types::text(),
                                 .doc = "What the report is signed with",
                                 .example = "${env:HOOK_SECRET}",
                                 .secret = true,
                                 .option = "none"},
                                &RunNotice::secret),
          bind_field<RunNotice>({.name = "ping",
                                 .type = value_types::text("a URL"),
                                 .doc = "It is asked for after a run that ended well",
                                 .example = "${env:HEALTHCHECK_URL}",
                                 .secret = true,
                                 .option = "none"},
                                &RunNotice::ping)});
  return table;
}

}  // namespace leat
