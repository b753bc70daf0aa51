#include "leat/documents/stream_fields.hpp"

#include <limits>
#include <utility>

#include "leat/documents/field_binding.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/throttle.hpp"

namespace leat {
namespace documents_detail {
namespace {

using namespace literals;

constexpr ByteCount least_batch = 4_KiB;
constexpr ByteCount most_batch = 1_GiB;
constexpr ByteCount most_memory{std::uint64_t{1} << 50U};
// What a report's and a table's numbers hold.
constexpr std::uint64_t most_rejects = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view table_prefix = "table:";

/// How fast, and how far behind replicas may be, of which both are one object.
std::shared_ptr<Throttle> throttle_of(const StreamOptions& stream) {
  if (!stream.throttle) return std::make_shared<Throttle>();
  // Not the one that other jobs may have, too.
  return std::make_shared<Throttle>(stream.throttle->rate(), stream.throttle->max_replica_lag());
}

DocumentField max_rate() {
  DocumentField field{.name = "max_rate",
                      .type = value_types::rate(),
                      .doc = "No more bytes of rows a second",
                      .example = "50MiB/s",
                      .default_text = "no limit"};
  field.set = [](void* object, const FieldValue& value) {
    auto& stream = *static_cast<StreamOptions*>(object);
    stream.throttle = throttle_of(stream);
    stream.throttle->set_rate(ByteCount{std::get<std::uint64_t>(value.value)});
  };
  field.get = [](const void* object) -> FieldValue {
    const auto& stream = *static_cast<const StreamOptions*>(object);
    if (!stream.throttle || stream.throttle->rate().count() == 0) return {};
    return detail::take_value(stream.throttle->rate());
  };
  return field;
}

DocumentField max_replica_lag() {
  DocumentField field{.name = "max_replica_lag",
                      .type = value_types::duration(),
                      .doc = "Pause while a replica of the target is farther behind",
                      .example = "30s",
                      .default_text = "never"};
  field.set = [](void* object, const FieldValue& value) {
    auto& stream = *static_cast<StreamOptions*>(object);
    stream.throttle = throttle_of(stream);
    std::chrono::milliseconds lag{};
    detail::put_value(lag, value);
    stream.throttle->set_max_replica_lag(lag);
  };
  field.get = [](const void* object) -> FieldValue {
    const auto& stream = *static_cast<const StreamOptions*>(object);
    if (!stream.throttle || stream.throttle->max_replica_lag().count() == 0) return {};
    return detail::take_value(stream.throttle->max_replica_lag());
  };
  return field;
}

void set_destination(Rejects& rejects, const std::string& text) {
  rejects.table.clear();
  rejects.file.clear();
  if (text.starts_with(table_prefix)) {
    rejects.table = text.substr(table_prefix.size());
  } else {
    rejects.file = text;
  }
}

FieldValue destination_of(const Rejects& rejects) {
  if (!rejects.table.empty()) return {.value = std::string(table_prefix) + rejects.table};
  return detail::take_value(rejects.file);
}

ValueType destination_type() {
  return value_types::text("a file, or table:NAME for a table of the target");
}

std::shared_ptr<const FieldTable> reject_fields() {
  DocumentField to{.name = "to",
                   .type = destination_type(),
                   .doc =
                       "Where rejected rows go: a new CSV file, or table:NAME, a table of the target that is "
                       "made where it is missing",
                   .example = "table:dwh.orders_rejected",
                   .option = "--rejects"};
  to.set = [](void* object, const FieldValue& value) {
    set_destination(static_cast<StreamOptions*>(object)->rejects, std::get<std::string>(value.value));
  };
  to.get = [](const void* object) {
    return destination_of(static_cast<const StreamOptions*>(object)->rejects);
  };
  return std::make_shared<const FieldTable>(
      "rejects", "Rows that the target refuses.",
      std::vector<DocumentField>{
          bind_field<StreamOptions>({.name = "max",
                                     .type = value_types::whole_number(0, most_rejects),
                                     .doc = "Rows that the target may refuse: they are left out and kept",
                                     .example = "100",
                                     .option = "--max-rejects"},
                                    &StreamOptions::max_rejects),
          std::move(to)});
}

DocumentField rejects() {
  const auto table = reject_fields();
  DocumentField field{.name = "rejects",
                      .type = value_types::one_of({destination_type(), value_types::structure(table)}),
                      .doc =
                          "Rows that the target refuses: how many may be, and where they go; or only where "
                          "they go",
                      .example = "{max: 100, to: rejected.csv}",
                      .default_text = "the first refused row ends the load",
                      .other_names = {"max_rejects", "reject"},
                      .option = "none"};
  field.set = [table](void* object, const FieldValue& value) {
    if (const auto* text = std::get_if<std::string>(&value.value)) {
      set_destination(static_cast<StreamOptions*>(object)->rejects, *text);
    } else {
      table->fill(object, std::get<FieldValue::Map>(value.value));
    }
  };
  field.get = [](const void* object) {
    return destination_of(static_cast<const StreamOptions*>(object)->rejects);
  };
  return field;
}

using Limit = std::optional<std::chrono::milliseconds>;

DocumentField limit(const char* name, bool may_be_none, const char* doc, const char* default_text,
                    Limit JobLimits::*member) {
  return bind_field<StreamOptions>(
      {.name = name,
       .type = may_be_none ? value_types::duration_or_no_limit() : value_types::duration(),
       .doc = doc,
       .example = "30s",
       .default_text = default_text},
      [member](auto& stream) -> auto& { return stream.limits.*member; });
}

std::vector<DocumentField> all_stream_fields() {
  return {
      bind_field<StreamOptions>({.name = "batch_bytes",
                                 .type = value_types::size(least_batch, most_batch),
                                 .doc = "Size of one batch",
                                 .example = "1MiB"},
                                &StreamOptions::batch_bytes),
      bind_field<StreamOptions>({.name = "memory",
                                 .type = value_types::size(least_batch, most_memory),
                                 .doc = "Bound for the rows on their way",
                                 .example = "64MiB"},
                                &StreamOptions::memory),
      max_rate(),
      max_replica_lag(),
      limit("connect_timeout", false, "Longest time for connecting with a server",
            "the connection's connect_timeout, else 10s", &JobLimits::connect_timeout),
      limit("lock_timeout", true, "Longest wait for a lock that another session holds; 0: no limit",
            "lock_timeout in the connection's options, else 10s", &JobLimits::lock_timeout),
      limit("statement_timeout", true, "Longest time for a statement, the COPY too; 0: no limit",
            "statement_timeout in the connection's options, else no limit", &JobLimits::statement_timeout),
      limit("silence_timeout", false, "Longest time without a sign from a server at work",
            "1h, of verify 24h", &JobLimits::silence_timeout),
      bind_words<StreamOptions>(
          {.name = "create",
           .doc = "Make a missing target like the source: columns and primary key; full "
                  "also indexes, checks, identity and comments",
           .example = "columns"},
          &StreamOptions::create,
          {{"never", CreateTarget::never}, {"columns", CreateTarget::columns}, {"full", CreateTarget::full}}),
      bind_field<StreamOptions>({.name = "evolve",
                                 .type = value_types::boolean(),
                                 .doc = "Add columns that the source has and the target lacks",
                                 .example = "true"},
                                &StreamOptions::evolve),
      bind_words<StreamOptions>(
          {.name = "indexes",
           .doc =
               "keep, rebuild (drop secondary indexes and constraints, and make them again after the load) "
               "or auto",
           .example = "auto"},
          &StreamOptions::indexes,
          {{"keep", Indexes::keep}, {"rebuild", Indexes::rebuild}, {"auto", Indexes::automatic}}),
      rejects(),
      bind_field<StreamOptions>(
          {.name = "into_view",
           .type = value_types::boolean(),
           .doc = "Allow a view as the target: rows are inserted through it (with the mode append)",
           .example = "true"},
          &StreamOptions::into_view),
      bind_field<StreamOptions>({.name = "analyze",
                                 .type = value_types::boolean(),
                                 .doc = "ANALYZE the target after the load",
                                 .example = "true"},
                                &StreamOptions::analyze),
      bind_field<StreamOptions>(
          {.name = "verify",
           .type = value_types::boolean(),
           .doc =
               "Compare what was loaded with the source before the commit; where it differs commit nothing",
           .example = "true"},
          &StreamOptions::verify),
  };
}

DocumentField disable_triggers() {
  DocumentField field{.name = "disable_triggers",
                      .type = value_types::boolean(),
                      .doc = "Keep the target's triggers and foreign keys silent during the load",
                      .example = "true"};
  field.set = [](void* object, const FieldValue& value) {
    static_cast<StreamOptions*>(object)->triggers =
        std::get<bool>(value.value) ? Triggers::disable : Triggers::fire;
  };
  field.get = [](const void* object) -> FieldValue {
    return {.value = static_cast<const StreamOptions*>(object)->triggers == Triggers::disable};
  };
  return field;
}

}  // namespace
}  // namespace documents_detail

const std::shared_ptr<const FieldTable>& stream_fields() {
  static const std::shared_ptr<const FieldTable> table = [] {
    auto fields = documents_detail::all_stream_fields();
    fields.push_back(documents_detail::disable_triggers());
    const StreamOptions unset;
    // What holds if nothing is said has no second description.
    for (auto& field : fields) {
      if (field.default_text.empty()) field.default_text = to_text(field.type, field.get(&unset));
    }
    return std::make_shared<const FieldTable>("options", "How rows are written, and what that may take.",
                                              std::move(fields));
  }();
  return table;
}

}  // namespace leat
