#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/store/finding.hpp"
#include "leat/postgres/catalog/type_definition.hpp"

namespace leat::jobs_detail {

/// Runs one statement in the target's transaction. Returns the error with which the server refuses it, and
/// the transaction goes on then; any other error is thrown.
[[nodiscard]] std::optional<Error> try_statement(Connection& target, const std::string& sql,
                                                 const std::stop_token& stop);

/// Whether the error says that a statement is not taken, and not that the server or the session is in
/// trouble.
[[nodiscard]] bool is_refusal(const Error& error);

/// Makes what a database lacks before a table can be made in it, in the transaction of its session, which
/// must outlive it and knows names of pg_catalog alone meanwhile. Used by one thread.
class TypeMaker {
 public:
  /// `makes_schemas`: schemas that are missing are made.
  TypeMaker(Connection& target, const TypeDefinitions& types, bool with_comments, bool makes_schemas,
            std::vector<Finding>& findings, const std::stop_token& stop)
      : target_(target),
        types_(types),
        with_comments_(with_comments),
        makes_schemas_(makes_schemas),
        findings_(findings),
        stop_(stop) {}

  /// Whether there is such a schema now in which this role may create; else it is among the findings, with
  /// what a user could do `instead`.
  [[nodiscard]] bool check_schema(const std::string& schema,
                                  const std::string& instead = "name another one (.to)");
  /// Makes these and all that they need, where they are missing. Compares those that are there.
  void make(std::span<const Oid> wanted);
  /// The type as it is called in the target.
  void respell(TypeSpelling& type) const;

  [[nodiscard]] const std::vector<std::string>& statements() const { return statements_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  void make_one(TypeDefinition type);
  void find_in_extension(const TypeDefinition& type);
  void compare_with(const TypeDefinition& type, Oid found);
  void create(TypeDefinition type);
  [[nodiscard]] bool make_schema(const std::string& schema, const std::string& instead);
  [[nodiscard]] std::optional<Error> run(const std::string& sql);

  Connection& target_;
  const TypeDefinitions& types_;
  const bool with_comments_;
  const bool makes_schemas_;
  std::vector<Finding>& findings_;
  const std::stop_token& stop_;
  std::map<std::string, bool> schemas_;  // whether one may create in it
  std::map<Oid, std::string> moved_;     // schemas of extensions' types that are others in the target
  std::set<Oid> missing_;                // that cannot be made either
  std::vector<std::string> statements_;
  std::vector<std::string> remarks_;
};

}  // namespace leat::jobs_detail
