#pragma once

#include <string>
#include <vector>

#include "jobs/survey/table_facts.hpp"
#include "leat/jobs/options/inheritance.hpp"

namespace leat::jobs_detail {

/// Settles which rows are read of a table that others inherit from, and adds what stands against it to
/// `findings`. Does nothing for a table that none inherits from. `verb` says what is done with rows:
/// "copies".
void choose_rows(TableFacts& facts, Inheritance choice, const std::string& verb,
                 std::vector<Finding>& findings);

/// What is to be known where tables inherit from the one that is loaded: its readers see their rows, too.
/// `reads_tree`: rows of tables that inherit from the source's table come along.
void check_inheriting_target(const TableFacts& target, Inheritance choice, bool reads_tree,
                             std::vector<Finding>& findings);

}  // namespace leat::jobs_detail
