#include "random_copy.hpp"

#include "leat/core/memory_budget.hpp"
#include "leat/jobs/options/throttle.hpp"

namespace leat::test {

RandomCopy::RandomCopy(const Bed& bed, Dice& dice, const std::string& job) {
  options = bed.copy();
  rows = dice.chance(8) ? 0 : dice.number(1, dice.chance(50) ? 300 : 20);
  from_sql = quote_identifier(dice.chance(70) ? "t" : "Quelle \"1\"");
  to_sql = dice.chance(70) ? from_sql : quote_identifier("Ziel.t");
  source_ =
      dice.one_of<Relation>({Relation::table, Relation::table, Relation::table, Relation::table,
                             Relation::list, Relation::hash, Relation::view, Relation::materialized_view});
  target_ = dice.one_of<Relation>({Relation::table, Relation::table, Relation::table, Relation::table,
                                   Relation::table, Relation::list, Relation::hash});
  is_missing = dice.chance(22);
  options.mode = dice.one_of<WriteMode>({WriteMode::replace, WriteMode::append, WriteMode::append,
                                         WriteMode::swap, WriteMode::upsert, WriteMode::insert_missing,
                                         WriteMode::delete_insert, WriteMode::sync});
  table_sql = to_sql;
  draw_columns(dice);
  draw_options(dice, job);
  draw_changes(dice);
  draw_target(dice);
  write_source(dice);
  write_target(dice);
}

const RandomColumn* RandomCopy::find(const std::string& target_column) const {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const RandomColumn& column) { return column.to == target_column; });
  return at == columns.end() ? nullptr : &*at;
}

void RandomCopy::draw_columns(Dice& dice) {
  auto names = random_names();
  dice.shuffle(names);
  const auto add = [&](RandomColumn column) {
    column.name = names.back();
    names.pop_back();
    column.to = column.name;
    if (column.to_type.empty()) column.to_type = column.type;
    columns.push_back(std::move(column));
  };
  add({.type = "integer", .value = "n", .is_not_null = true, .is_not_null_there = dice.chance(50)});
  columns.back().name = columns.back().to = "n";
  key_columns_ = {0};
  const bool repeats = rows > 1 && source_ != Relation::list && source_ != Relation::hash && dice.chance(12);
  if (repeats) keys_ = dice.number(1, rows);
  if (repeats || dice.chance(60)) {
    const auto& kind = dice.one_of(random_keys());
    add({.type = kind.type, .value = kind.values[0], .is_not_null = true, .is_not_null_there = true});
    if (kind.type == "integer" || kind.type == "bigint") {
      const bool may_count = source_ != Relation::list && source_ != Relation::hash;
      if (may_count && dice.chance(30)) columns.back().identity = dice.chance(50) ? "ALWAYS" : "BY DEFAULT";
      if (target_ == Relation::table && dice.chance(30))
        columns.back().to_identity = dice.chance(50) ? "ALWAYS" : "BY DEFAULT";
    }
    key_columns_ = {1};
  }
  if (source_ == Relation::list || target_ == Relation::list || dice.chance(10)) {
    add({.type = "integer", .value = "kn % 3", .is_not_null = true, .is_not_null_there = true});
    partition_column_ = columns.back().name;
    key_columns_.push_back(columns.size() - 1);
  }
  const int more = dice.number(0, 6 - static_cast<int>(columns.size()));
  for (int i = 0; i < more; ++i) {
    if (i == 0 && dice.chance(12) && !is_view()) {
      add({.type = "integer", .value = "", .generated_from = "n"});
      continue;
    }
    if (i == 1 && rows > 0 && !is_missing && dice.chance(25)) {
      add({.type = "text",
           .to_type = "varchar(8)",
           .value = "CASE WHEN n % 40 = 13 AND NOT is_old THEN 'much too long' ELSE 'v' || n % 1000 END",
           .has_bad_rows = true});
      continue;
    }
    const auto& kind = dice.one_of(random_kinds());
    const bool may_be_null = dice.chance(75);
    add({.type = kind.type, .value = random_value(kind, i, may_be_null), .is_not_null = !may_be_null});
    auto& column = columns.back();
    if (!kind.wider.empty() && dice.chance(20)) column.to_type = dice.one_of(kind.wider);
    if (dice.chance(15) && kind.type != "regclass") {
      column.fallback = "(" + kind.values[0] + ")::" + kind.type;
      if (kind.values[0].find('n') == 0 || kind.type == "uuid") column.fallback.clear();
    }
    if (!may_be_null && !column.fallback.empty()) column.is_not_null_there = dice.chance(50);
    if (is_missing) column.to_type = column.type;
  }
}

void RandomCopy::draw_options(Dice& dice, const std::string& job) {
  options.table.from = from_sql;
  options.table.to = to_sql == from_sql && dice.chance(50) ? "" : "public." + to_sql;
  const auto workers = [&dice] { return static_cast<std::size_t>(dice.chance(50) ? 1 : dice.number(0, 8)); };
  options.readers = workers();
  options.writers = workers();
  options.may_rest = {.readers = dice.chance(20), .writers = dice.chance(20)};
  const bool has_bad_rows = std::any_of(columns.begin(), columns.end(),
                                        [](const RandomColumn& column) { return column.has_bad_rows; });
  if (dice.chance(25)) {
    hooked = "n";
    if (dice.chance(35)) options.transform_workers = static_cast<std::size_t>(dice.number(2, 8));
  }
  if (dice.chance(35)) {
    options.delivery.job = job;
    options.delivery.on_lost_snapshot =
        dice.one_of<OnLostSnapshot>({OnLostSnapshot::redo, OnLostSnapshot::carry_on, OnLostSnapshot::refuse});
  }
  if (dice.chance(20)) options.delivery.retries = static_cast<std::size_t>(dice.number(0, 2));
  if (keys_ > 0) {
    // Only one after the other come in an order.
    options.readers = options.writers = options.transform_workers = 1;
    options.may_rest = {};
  }
  const bool is_one_commit = options.delivery.job.empty() && options.writers == 1;
  auto& stream = options.stream;
  if (has_bad_rows && dice.chance(80)) {
    stream.max_rejects = dice.chance(70) ? 100 : 2;
    if (dice.chance(50)) stream.rejects.table = "public.refused";
    if (stream.rejects.empty() || dice.chance(50)) stream.rejects.callback = [](const RejectedRow&) {};
  }
  stream.verify = hooked.empty() && stream.max_rejects == 0 && dice.chance(25);
  stream.indexes = dice.one_of<Indexes>({Indexes::keep, Indexes::keep, Indexes::rebuild, Indexes::automatic});
  stream.analyze = dice.chance(20);
  stream.triggers = dice.chance(10) ? Triggers::disable : Triggers::fire;
  stream.advance_sequences = dice.chance(80);
  if (dice.chance(10)) stream.suppressed_rows = SuppressedRows::allow;
  if (dice.chance(10)) stream.progress_interval = 1ms;
  if (dice.chance(50)) {
    options.slice_bytes = ByteCount{static_cast<std::uint64_t>(dice.number(1, 4)) << 13U};
    stream.batch_bytes = ByteCount{static_cast<std::uint64_t>(dice.number(4, 64)) << 10U};
  }
  if (dice.chance(10)) stream.flush_after = 1ms;
  if (dice.chance(10)) stream.budget = std::make_shared<MemoryBudget>(ByteCount{1U << 16U});
  if (dice.chance(10)) stream.throttle = std::make_shared<Throttle>(ByteCount{1U << 28U});
  if (dice.chance(10)) stream.limits.lock_timeout = 2s;
  if (dice.chance(10)) stream.limits.statement_timeout = 60s;
  if (dice.chance(8)) {
    stream.before_commit = [](Connection& connection, const std::stop_token& stop) {
      static_cast<void>(connection.execute("INSERT INTO public.told VALUES ('before the commit')", {}, stop));
    };
  }
  if (dice.chance(is_one_commit ? 10 : 2)) {
    stream.before_load = [](Connection& connection, const std::stop_token& stop) {
      static_cast<void>(connection.execute("INSERT INTO public.told VALUES ('before the load')", {}, stop));
    };
  }
  fails_first = !options.delivery.job.empty() && !hooked.empty() && dice.chance(50);
  if (is_missing) {
    stream.create = dice.chance(50) ? CreateTarget::full : CreateTarget::columns;
    if (dice.chance(4)) stream.create = CreateTarget::never;
  } else {
    if (dice.chance(10)) stream.create = CreateTarget::full;
    stream.evolve = dice.chance(25);
  }
}

/// What does not arrive as it is, or not at all.
void RandomCopy::draw_changes(Dice& dice) {
  if (dice.chance(25)) {
    options.table.where =
        dice.one_of<std::string>({"n % 2 = 0", "n < 0", "n > 100 OR n <= 5", "true",
                                  "n::text LIKE '%1%' /* it's \"n\" */", "NOT (n IN (1, 2, 3))"});
  }
  const auto is_key = [this](std::size_t i) {
    return std::find(key_columns_.begin(), key_columns_.end(), i) != key_columns_.end();
  };
  std::vector<std::string> chosen;
  const bool names_chosen = dice.chance(50);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto& column = columns[i];
    if (!column.generated_from.empty()) continue;
    if (dice.chance(10)) {
      column.to = "to " + column.name;
      options.table.rename[column.name] = column.to;
    }
    if (!is_key(i) && column.name != "n" && dice.chance(10)) {
      column.is_excluded = true;
      options.table.rename.erase(column.name);
      column.to = column.name;
      column.has_bad_rows = false;
      if (!names_chosen) options.table.exclude.push_back(column.name);
      continue;
    }
    chosen.push_back(column.name);
    if (dice.chance(8) && !options.table.rename.contains(column.name) && !column.has_bad_rows) {
      if (column.type == "integer" && column.to_type == column.type && column.value == "n") {
        column.map = dice.one_of<std::string>({"n + 100000", "-n", "abs(n)::int"});
      } else if (column.type == "text" && !is_key(i)) {
        column.map = dice.one_of<std::string>({quote_identifier(column.name) + " || 'ü'", "'it''s'::text",
                                               "lower(" + quote_identifier(column.name) + ")"});
      }
      if (!column.map.empty()) options.table.map[column.to] = column.map;
    }
  }
  swap_names(dice);
  if (names_chosen && chosen.size() < columns.size()) options.table.columns = chosen;
  if (!hooked.empty()) {
    hooked = columns[0].to;
    options.transform = [name = hooked](const RowView& row, RowBuilder& out) { change(row, name, out); };
  }
}

/// Two columns that have each other's name in the target.
void RandomCopy::swap_names(Dice& dice) {
  if (!dice.chance(6) || columns.size() < 2) return;
  auto& one = columns[0];
  auto& other = columns[1];
  const bool are_sent = one.is_sent() && other.is_sent() && one.map.empty() && other.map.empty();
  if (!are_sent || one.to != one.name || other.to != other.name) return;
  one.to = other.name;
  other.to = one.name;
  options.table.rename[one.name] = one.to;
  options.table.rename[other.name] = other.to;
}

void RandomCopy::draw_target(Dice& dice) {
  for (const std::size_t i : key_columns_) key.push_back(columns[i].to);
  for (std::size_t i = 1; i < columns.size(); ++i) {
    auto& column = columns[i];
    const bool is_key = std::find(key_columns_.begin(), key_columns_.end(), i) != key_columns_.end();
    if (options.stream.evolve && !is_key && column.is_sent() && !column.has_bad_rows && column.map.empty() &&
        dice.chance(40)) {
      column.is_missing_there = true;
      // A view's columns have none.
      if (is_view()) column.fallback.clear();
      column.to_type = column.type;
      column.is_not_null_there = column.is_not_null;
    }
    if (is_missing && column.generated_from.empty()) column.to_identity = is_view() ? "" : column.identity;
  }
  if (is_missing) return;
  if (options.mode == WriteMode::append && !options.stream.evolve && dice.chance(12)) {
    table_sql = "there";
    options.stream.into_view = true;
    if (dice.chance(80)) {
      options.writers = 1;
      options.delivery = {};
    }
  }
  loses_indexes = !options.stream.into_view && dice.chance(8);
  has_unique_key = dice.chance(is_keyed() && options.mode != WriteMode::delete_insert ? 97 : 60);
  const bool rejects = options.stream.max_rejects > 0;
  // Rows that come again would break the key, and be rejected where some may be.
  if (!is_keyed() && keys_ > 0 && (rejects || dice.chance(90))) has_unique_key = false;
  if (dice.chance(25)) return;
  const bool is_new = options.mode == WriteMode::append && has_unique_key && (rejects || dice.chance(90));
  old_first_ = is_new ? 200001 : dice.number(-20, 60);
  old_last_ = old_first_ + dice.number(0, 150);
}

}  // namespace leat::test
