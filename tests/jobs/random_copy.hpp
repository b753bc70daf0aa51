#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bed.hpp"
#include "leat/transform/transform.hpp"
#include "random_columns.hpp"

namespace leat::test {

/// Two random tables and what is to be done with them, drawn from one round's dice: what it all says in SQL,
/// and the options. Lives as long as the bed that it was drawn for.
class RandomCopy {
 public:
  enum class Relation { table, list, hash, view, materialized_view };

  RandomCopy(const Bed& bed, Dice& dice, const std::string& job);

  // Constant after construction

  CopyTableOptions options{};
  std::vector<RandomColumn> columns{};  ///< in the source's order
  std::vector<std::string> key{};       ///< of the target
  std::string from_sql{};               ///< the source, quoted
  std::string to_sql{};                 ///< the target, quoted
  std::string table_sql{};              ///< where its rows are: the same, or the table behind a view
  std::vector<std::string> source_sql{};
  std::vector<std::string> came_sql{};  ///< the same rows in a plain table, public.came
  std::vector<std::string> target_sql{};
  bool is_missing = false;
  bool loses_indexes = false;
  bool has_unique_key = false;  ///< the target
  int rows = 0;
  /// Indexes, and constraints of each kind, that a full --create has to make.
  std::string made{};
  bool leaves_rows_out = false;  ///< a trigger of the target keeps every seventh row from coming
  std::string trigger_sql{};     ///< makes the target's triggers for any table, whose name is "@"
  bool fails_first = false;      ///< the job has an attempt before, which a row hook ends
  /// The column that a row hook adds 1000 to, and drops every fifth row by; empty without one.
  std::string hooked{};

  [[nodiscard]] const RandomColumn* find(const std::string& target_column) const;
  /// What the row hook does.
  static void change(const RowView& row, const std::string& name, RowBuilder& out) {
    const auto n = row.get<std::int32_t>(name);
    if (n % 5 != 0) out.copy_row(row).set(name, n + 1000);
  }
  /// All of it, to be read in a failure.
  [[nodiscard]] std::string text() const;

 private:
  void draw_columns(Dice& dice);
  void draw_options(Dice& dice, const std::string& job);
  void draw_changes(Dice& dice);
  void draw_target(Dice& dice);
  void swap_names(Dice& dice);
  void write_source(Dice& dice);
  void write_target(Dice& dice);
  [[nodiscard]] std::string key_list(bool there) const;
  [[nodiscard]] std::string values_from(int first, int last, const std::string& salt, bool is_old,
                                        bool there) const;
  [[nodiscard]] bool is_view() const {
    return source_ == Relation::view || source_ == Relation::materialized_view;
  }
  [[nodiscard]] bool is_keyed() const { return uses_key(options.mode); }

  std::vector<std::size_t> key_columns_{};
  std::string partition_column_{};  // in the source, where rows are sorted by a list
  Relation source_ = Relation::table;
  Relation target_ = Relation::table;
  bool has_source_key_ = false;
  int keys_ = 0;  // of so many rows repeat; zero: none do
  int old_first_ = 1;
  int old_last_ = 0;
};

}  // namespace leat::test
