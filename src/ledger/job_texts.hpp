#pragma once

#include <array>
#include <stop_token>
#include <string>

#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

// Conditions and expressions of a command may hold values that not everybody who may see the ledger may know.
// leat_meta.job_texts keeps them, and gives nobody but its owner a right to read them; through the view
// own_job_texts each role that may use the schema sees and changes what it has itself stored. Rows go with
// their job.

/// Makes both. Once, with leat_meta.jobs there.
inline constexpr std::array make_job_texts{
    R"(CREATE TABLE leat_meta.job_texts (
  job pg_catalog.text COLLATE pg_catalog."C" REFERENCES leat_meta.jobs (name) ON DELETE CASCADE,
  role pg_catalog.text COLLATE pg_catalog."C",
  hash pg_catalog.text NOT NULL,
  texts pg_catalog.jsonb NOT NULL,
  PRIMARY KEY (job, role)))",
    R"(CREATE VIEW leat_meta.own_job_texts WITH (security_barrier) AS
SELECT job, role, hash, texts FROM leat_meta.job_texts WHERE role = CURRENT_USER::pg_catalog.text COLLATE pg_catalog."C"
WITH LOCAL CHECK OPTION)",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON leat_meta.own_job_texts TO PUBLIC",
    "COMMENT ON VIEW leat_meta.own_job_texts IS 'Conditions and expressions of the jobs that the current "
    "role "
    "has begun.'"};

/// Takes what layout 1 kept among the descriptions out of them.
inline constexpr std::array move_job_texts{
    R"(INSERT INTO leat_meta.job_texts (job, role, hash, texts)
SELECT j.name, r.rolname, j.description_hash, pg_catalog.jsonb_build_object(
         'where', COALESCE(j.description -> 'where', '""'), 'map', COALESCE(j.description -> 'map', '{}'))
FROM leat_meta.jobs j
JOIN pg_catalog.pg_class c ON c.oid = 'leat_meta.jobs'::pg_catalog.regclass
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner)",
    "UPDATE leat_meta.jobs SET description = description - 'where' - 'map'"};

/// SQL of a job's description, of the row j of leat_meta.jobs, with the texts that this role may read.
[[nodiscard]] std::string whole_description_sql(bool keeps_texts);

/// Within the open transaction: these are the command's, as this role has given them.
void store_texts(Connection& connection, const JobRequest& request, const std::stop_token& stop);

/// What `request` asks for and the stored command, with that hash and whole description, does not, for
/// people. Empty where it is the same command.
[[nodiscard]] std::string command_difference(const JobRequest& request, const std::string& hash,
                                             const std::string& description);

}  // namespace leat::postgres_detail
