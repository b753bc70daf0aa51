#include "ledger/job_texts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ledger/description_difference.hpp"

namespace leat::postgres_detail {
namespace {

using nlohmann::json;

constexpr const char* label_member = "source";
constexpr const char* database_member = "source_database";

json object_of(const std::string& text) {
  json parsed = json::parse(text, nullptr, false);
  return parsed.is_object() ? std::move(parsed) : json::object();
}

/// Leaves labels of the source alone where its database tells that it is the same; and a database of which an
/// older release has known nothing but the label.
void forget_labels(json& was, json& is) {
  const auto stored = was.find(database_member);
  const auto asked = is.find(database_member);
  if (stored != was.end() && asked != is.end() && *stored == *asked) {
    was.erase(label_member);
    is.erase(label_member);
  } else if (stored == was.end()) {
    is.erase(database_member);
  }
}

}  // namespace

std::string whole_description_sql(bool keeps_texts) {
  if (!keeps_texts) return "j.description";
  return "j.description || COALESCE((SELECT x.texts FROM leat_meta.own_job_texts x WHERE x.job = j.name AND "
         "x.hash = j.description_hash), '{}')";
}

void store_texts(Connection& connection, const JobRequest& request, const std::stop_token& stop) {
  const std::array<Parameter, 3> values{request.job, request.hash,
                                        request.texts.empty() ? "{}" : request.texts};
  static_cast<void>(
      connection.execute("INSERT INTO leat_meta.own_job_texts (job, role, hash, texts) VALUES ($1, "
                         "CURRENT_USER, $2, $3) ON CONFLICT (job, role) DO UPDATE SET hash = EXCLUDED.hash, "
                         "texts = EXCLUDED.texts",
                         values, stop));
}

std::string command_difference(const JobRequest& request, const std::string& hash,
                               const std::string& description) {
  const auto& earlier = request.earlier_hashes;
  if (hash == request.hash || std::find(earlier.begin(), earlier.end(), hash) != earlier.end()) return "";
  json was = object_of(description);
  json is = object_of(request.description);
  forget_labels(was, is);
  bool hides = false;
  const json texts = object_of(request.texts);
  for (const auto& [name, value] : texts.items()) {
    if (was.contains(name)) {
      is[name] = value;
    } else {
      hides = true;
    }
  }
  std::string differences;
  const auto add = [&differences](const std::string& line) {
    differences += (differences.empty() ? "" : "; ") + line;
  };
  for (const auto& line : description_difference(was.dump(), is.dump())) add(line);
  if (!differences.empty()) return differences;
  return hides ? "its conditions and expressions, which only the role that began it may read, are others"
               : "what it does is told in another way, by another version of leat";
}

}  // namespace leat::postgres_detail
