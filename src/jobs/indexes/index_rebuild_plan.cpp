// What a user is told of an IndexRebuild before it runs.
#include <algorithm>

#include "jobs/indexes/index_rebuild.hpp"
#include "jobs/indexes/index_restore.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::SecondaryKind;
using postgres_detail::SecondaryObject;

/// "2 indexes and 1 foreign key"
std::string count_text(const std::vector<SecondaryObject>& objects) {
  std::vector<std::string> parts;
  for (const auto kind : {SecondaryKind::index, SecondaryKind::unique_constraint,
                          SecondaryKind::exclusion_constraint, SecondaryKind::foreign_key}) {
    const auto count =
        std::count_if(objects.begin(), objects.end(), [kind](const auto& o) { return o.kind == kind; });
    const char* const ending = count == 1 ? "" : kind == SecondaryKind::index ? "es" : "s";
    if (count > 0) parts.push_back(std::to_string(count) + " " + std::string(to_string(kind)) + ending);
  }
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  return text;
}

}  // namespace

void IndexRebuild::add_findings(std::vector<Finding>& findings) const {
  const std::string name = table_.name.display();
  if (!left_.empty()) {
    findings.push_back(target_warning(
        "indexes_missing",
        other_run_.empty()
            ? "a run that did not end has left indexes or constraints of " + name +
                  " dropped; this one brings them back, if its role may"
            : "indexes or constraints of " + name + " are dropped at present: " + other_run_ + " loads it"));
  }
  if (record_.exists && !record_.may_read) {
    findings.push_back(target_warning(
        "indexes_missing", name + ": " + unreadable_record(),
        std::string("GRANT USAGE ON SCHEMA leat_meta, and SELECT ON ") + record_table + " TO it"));
    findings.back().sqlstate = "42501";
  }
  const bool has_any = !objects_.empty() || !kept_.empty();
  if (setup_.choice.asked == Indexes::rebuild && has_any && !is_owner_) {
    findings.push_back(target_error(
        "privilege_missing",
        "only the owner of " + name + " may drop its indexes and constraints, and make them again", "42501",
        "load as its owner, or with Indexes::keep"));
  }
  if (!choice_.rebuilds) return;
  if (is_read_) {
    findings.push_back(target_error(
        "lock_conflict",
        "the job reads from " + name + " itself, so that its indexes cannot be dropped meanwhile",
        sqlstate::lock_not_available, "load with Indexes::keep"));
  }
  if (!is_recorded_) return;
  try {
    require_usable(record_);
  } catch (const Error& error) {
    findings.push_back(to_finding("privilege_missing", error));
  }
  if (!may_make_record_) {
    findings.push_back(target_error("privilege_missing",
                                    std::string("this role may not make ") + record_table +
                                        ", which records what is dropped while others read " + name,
                                    "42501", "GRANT CREATE ON DATABASE … TO it, or load with Indexes::keep"));
  }
}

std::vector<std::string> IndexRebuild::remarks() const {
  if (setup_.choice.asked == Indexes::keep) return {};
  const auto add_kept = [this](std::vector<std::string>& to) {
    for (const auto& object : kept_) to.push_back(display(object) + " is kept: " + object.kept_because);
  };
  if (!choice_.rebuilds) {
    std::vector<std::string> reasons{"indexes are kept: " + choice_.reason};
    if (setup_.choice.asked == Indexes::rebuild) add_kept(reasons);
    return reasons;
  }
  const std::string name = table_.name.display();
  std::vector<std::string> remarks{
      "indexes are rebuilt (" + choice_.reason + "): " + count_text(all()) + " of " + name +
      (is_recorded_ ? std::string(" are dropped before the load, recorded in ") + record_table +
                          ", and made again in its transaction; others may read meanwhile, but not write"
                    : " are dropped and made again in the load's transaction, until whose end readers wait")};
  for (const auto& object : objects_) {
    if (object.kind != SecondaryKind::foreign_key || is_recorded_) continue;
    remarks.push_back("readers of " + object.references + " wait too, since " + display(object) +
                      " references it");
  }
  add_kept(remarks);
  return remarks;
}

void IndexRebuild::add_statements(std::vector<std::string>& load) const {
  if (!choice_.rebuilds) return;
  std::vector<std::string> drops{lock_sql("ACCESS EXCLUSIVE")};
  if (is_recorded_) drops.push_back(std::string("INSERT INTO ") + record_table + " …");
  for (const auto& object : objects_) drops.push_back(object.drop_sql);
  auto objects = all();
  sort_to_build(objects);
  std::vector<std::string> builds;
  for (const auto& object : objects) builds.push_back(object.build_sql);
  for (const auto& object : objects) append_all(builds, object.finish_sql);
  if (is_recorded_) builds.push_back(std::string("DELETE FROM ") + record_table + " …");
  const auto commit = std::find(load.begin(), load.end(), "COMMIT");
  load.insert(commit, builds.begin(), builds.end());
  if (is_recorded_) {
    load.insert(load.begin() + 1, lock_sql("SHARE ROW EXCLUSIVE"));
    drops.insert(drops.begin(), "BEGIN");
    drops.emplace_back("COMMIT");
    load.insert(load.begin(), drops.begin(), drops.end());
  } else {
    load.insert(load.begin() + 1, drops.begin(), drops.end());
  }
}

std::vector<std::string> IndexRebuild::dropped_constraints() const {
  std::vector<std::string> names;
  if (!choice_.rebuilds) return names;
  for (const auto& object : objects_) {
    if (object.is_constraint()) names.push_back(object.name);
  }
  return names;
}

std::vector<SecondaryObject> IndexRebuild::all() const {
  auto objects = objects_;
  append_all(objects, left_);
  return objects;
}

}  // namespace leat::jobs_detail
