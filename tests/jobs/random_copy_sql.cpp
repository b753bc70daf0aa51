// What a random combination is in SQL, and in words.
#include <map>

#include "random_copy.hpp"

namespace leat::test {
namespace {

std::string joined(const std::vector<std::string>& parts, const char* between = ", ") {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : between) + part;
  return all;
}

/// Where a column is dropped again, the numbers of those after it have a gap.
constexpr const char* gone = "gone";

}  // namespace

std::string RandomCopy::key_list(bool there) const {
  std::vector<std::string> names;
  for (const std::size_t i : key_columns_)
    names.push_back(quote_identifier(there ? columns[i].to : columns[i].name));
  return joined(names);
}

std::string RandomCopy::values_from(int first, int last, const std::string& salt, bool is_old,
                                    bool there) const {
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const auto& column : columns) {
    if (!column.generated_from.empty() || (there && column.is_missing_there)) continue;
    names.push_back(quote_identifier(there ? column.to : column.name));
    values.push_back("(" + column.value + ")::" + column.type +
                     (there && column.to_type != column.type ? "::" + column.to_type : ""));
  }
  const std::string kn = keys_ > 0 && !is_old ? "n % " + std::to_string(keys_) : "n";
  return "(" + joined(names) + ") OVERRIDING SYSTEM VALUE SELECT " + joined(values) + " FROM (SELECT n, " +
         kn + " AS kn, " + salt + " AS salt, " + (is_old ? "true" : "false") +
         " AS is_old FROM generate_series(" + std::to_string(first) + ", " + std::to_string(last) +
         ") n) g ORDER BY n";
}

void RandomCopy::write_source(Dice& dice) {
  const bool is_behind = is_view();
  const bool is_parted = source_ == Relation::list || source_ == Relation::hash;
  const std::string table = is_behind ? "behind" : from_sql;
  const bool has_gap = dice.chance(15);
  std::vector<std::string> lines;
  std::vector<std::string> plain;
  for (const auto& column : columns) {
    const std::string name = quote_identifier(column.name) + " " + column.type;
    std::string line = name;
    if (!column.generated_from.empty())
      line += " GENERATED ALWAYS AS (" + quote_identifier(column.generated_from) + " * 2) STORED";
    if (!column.identity.empty()) line += " GENERATED " + column.identity + " AS IDENTITY";
    if (!column.fallback.empty()) line += " DEFAULT " + column.fallback;
    if (column.is_not_null) line += " NOT NULL";
    lines.push_back(line);
    plain.push_back(column.generated_from.empty() ? name : line);
    if (has_gap && lines.size() == 1) lines.push_back(std::string(gone) + " int DEFAULT 7");
  }
  has_source_key_ = keys_ == 0 && dice.chance(is_missing && is_keyed() ? 95 : 60);
  if (has_source_key_) lines.push_back("PRIMARY KEY (" + key_list(false) + ")");
  const bool is_plain = columns[0].map.empty();
  const bool is_renamed = columns[0].to != columns[0].name;
  const bool has_check = dice.chance(30);
  if (has_check) lines.emplace_back("CONSTRAINT checked CHECK (n > -1000000)");
  const bool has_unique = keys_ == 0 && !is_parted && dice.chance(20);
  if (has_unique) lines.emplace_back("UNIQUE (n) DEFERRABLE");
  const bool has_index = dice.chance(30);
  const std::string first = quote_identifier(columns[key_columns_[0]].name);
  const bool key_is_plain = std::all_of(key_columns_.begin(), key_columns_.end(),
                                        [this](std::size_t i) { return columns[i].map.empty(); });
  if (!is_behind) {
    const bool is_full = options.stream.create == CreateTarget::full;
    if (is_full && has_check && is_plain && !is_renamed) made += "c";
    if (has_source_key_ && key_is_plain) made += "p";
    if (is_full && has_unique && is_plain) made += "u";
    if (is_full && has_index && is_plain && !is_renamed) made += "x";
  }
  std::string sql = std::string("CREATE ") + (!is_parted && dice.chance(10) ? "UNLOGGED " : "") + "TABLE " +
                    table + " (" + joined(lines) + ")";
  if (source_ == Relation::list) {
    sql += " PARTITION BY LIST (" + quote_identifier(partition_column_) +
           "); CREATE TABLE source_1 PARTITION OF " + table +
           " FOR VALUES IN (1); CREATE TABLE source_rest PARTITION OF " + table + " DEFAULT";
  } else if (source_ == Relation::hash) {
    sql += " PARTITION BY HASH (" + first + ")";
    for (int i = 0; i < 3; ++i) {
      sql += "; CREATE TABLE source_" + std::to_string(i) + " PARTITION OF " + table +
             " FOR VALUES WITH (MODULUS 3, REMAINDER " + std::to_string(i) + ")";
    }
  }
  source_sql.push_back(sql);
  source_sql.push_back("INSERT INTO " + table + " " + values_from(1, rows, "0", false, false));
  if (has_gap) source_sql.push_back("ALTER TABLE " + table + " DROP " + gone);
  if (has_index) source_sql.push_back("CREATE INDEX ON " + table + " (abs(n)) WHERE n > 3");
  if (source_ == Relation::view) source_sql.push_back("CREATE VIEW " + from_sql + " AS TABLE behind");
  if (source_ == Relation::materialized_view)
    source_sql.push_back("CREATE MATERIALIZED VIEW " + from_sql + " AS TABLE behind");
  if (dice.chance(30)) source_sql.push_back("ANALYZE " + table);
  came_sql = {"CREATE TABLE came (" + joined(plain) + ")",
              "INSERT INTO came " + values_from(1, rows, "0", false, false)};
}

void RandomCopy::write_target(Dice& dice) {
  const std::string n = quote_identifier(columns[0].to);
  if (options.stream.before_commit || options.stream.before_load)
    target_sql.emplace_back("CREATE TABLE told (what text)");
  const bool names_key = is_keyed() && !is_missing && dice.chance(50);
  if (names_key) options.key = key;
  if (is_missing) return;
  auto order = columns;
  if (dice.chance(40)) dice.shuffle(order);
  std::vector<std::string> lines;
  for (const auto& column : order) {
    if (column.is_missing_there) continue;
    std::string line = quote_identifier(column.to) + " " + column.to_type;
    if (!column.generated_from.empty()) line += " GENERATED ALWAYS AS (" + n + " * 2) STORED";
    if (!column.to_identity.empty()) line += " GENERATED " + column.to_identity + " AS IDENTITY";
    if (!column.fallback.empty()) line += " DEFAULT " + column.fallback;
    if (column.is_not_null_there) line += " NOT NULL";
    lines.push_back(line);
  }
  const bool has_gap = dice.chance(15);
  if (has_gap)
    lines.insert(lines.begin() + dice.number(0, static_cast<int>(lines.size())),
                 std::string(gone) + " int DEFAULT 7");
  if (dice.chance(15)) lines.emplace_back("\"only there\" text DEFAULT 'there' NOT NULL");
  if (dice.chance(10))
    lines.emplace_back("computed_there integer GENERATED ALWAYS AS (" + n + " + 1) STORED");
  const bool is_parted = target_ != Relation::table;
  // A partition that was a table of its own before has its columns in another order.
  std::vector<std::string> other_lines(lines.rbegin(), lines.rend());
  const bool is_primary = has_unique_key && (!names_key || dice.chance(50));
  if (is_primary) lines.push_back("PRIMARY KEY (" + key_list(true) + ")");
  const bool has_check = dice.chance(20);
  const std::string check = "CONSTRAINT checked CHECK (" + n + " > -1000000)";
  if (has_check) lines.push_back(check);
  if (keys_ == 0 && !is_parted && has_unique_key && dice.chance(20))
    lines.push_back("UNIQUE (" + n + ")" + (dice.chance(30) ? " DEFERRABLE INITIALLY DEFERRED" : ""));
  std::string sql = std::string("CREATE ") + (!is_parted && dice.chance(10) ? "UNLOGGED " : "") + "TABLE " +
                    table_sql + " (" + joined(lines) + ")";
  const std::string first = quote_identifier(key[0]);
  if (target_ == Relation::list) {
    const auto* column = &*std::find_if(columns.begin(), columns.end(), [this](const RandomColumn& c) {
      return c.name == partition_column_;
    });
    sql += " PARTITION BY LIST (" + quote_identifier(column->to) + "); CREATE TABLE target_1 PARTITION OF " +
           table_sql + " FOR VALUES IN (1); ";
    if (dice.chance(50)) {
      if (has_check) other_lines.push_back(check);
      if (is_primary) other_lines.push_back("PRIMARY KEY (" + key_list(true) + ")");
      sql += "CREATE TABLE target_rest (" + joined(other_lines) + "); ALTER TABLE " + table_sql +
             " ATTACH PARTITION target_rest DEFAULT";
    } else {
      sql += "CREATE TABLE target_rest PARTITION OF " + table_sql + " DEFAULT";
    }
  } else if (target_ == Relation::hash) {
    sql += " PARTITION BY HASH (" + first + ")";
    for (int i = 0; i < 2; ++i) {
      sql += "; CREATE TABLE target_" + std::to_string(i) + " PARTITION OF " + table_sql +
             " FOR VALUES WITH (MODULUS 2, REMAINDER " + std::to_string(i) + ")";
    }
  }
  target_sql.push_back(sql);
  if (has_unique_key && !is_primary)
    target_sql.push_back("CREATE UNIQUE INDEX ON " + table_sql + " (" + key_list(true) + ")");
  if (dice.chance(35))
    target_sql.push_back("CREATE INDEX ON " + table_sql + " (" + first + ", " + n + " DESC)");
  if (dice.chance(15))
    target_sql.push_back("CREATE INDEX ON " + table_sql + " (abs(" + n + ")) WHERE " + n + " > 3");
  if (old_last_ >= old_first_) {
    target_sql.push_back(
        "INSERT INTO " + table_sql + " " +
        values_from(old_first_, old_last_, "CASE WHEN n % 3 = 0 THEN 0 ELSE 1 END", true, true));
  }
  if (has_gap) target_sql.push_back("ALTER TABLE " + table_sql + " DROP " + gone);
  if (!is_parted && keys_ == 0 && has_unique_key && dice.chance(8)) {
    target_sql.push_back("ALTER TABLE " + table_sql + " ADD EXCLUDE USING gist (int8range(" + n + ", " + n +
                         "::bigint + 1) WITH &&)");
  }
  if (dice.chance(12)) {
    leaves_rows_out = dice.chance(40) && options.stream.max_rejects == 0;
    if (leaves_rows_out) options.stream.verify = false;
    target_sql.push_back(
        "CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END'; "
        "CREATE FUNCTION leaves_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
    trigger_sql = leaves_rows_out
                      ? "CREATE TRIGGER leaves_out BEFORE INSERT ON @ FOR EACH ROW WHEN (NEW." + n +
                            " % 7 = 0) EXECUTE FUNCTION leaves_out()"
                      : std::string("CREATE TRIGGER looks ") +
                            (dice.chance(50) && !is_parted ? "BEFORE" : "AFTER") +
                            " INSERT OR UPDATE OR DELETE ON @ FOR EACH ROW EXECUTE FUNCTION looks()";
    std::string sql_of_it = trigger_sql;
    target_sql.push_back(sql_of_it.replace(sql_of_it.find('@'), 1, table_sql));
  }
  if (is_primary && dice.chance(15)) {
    std::vector<std::string> parts;
    for (const std::size_t i : key_columns_)
      parts.push_back(quote_identifier(columns[i].to) + " " + columns[i].to_type);
    target_sql.push_back("CREATE UNLOGGED TABLE child (" + joined(parts) + ", FOREIGN KEY (" +
                         key_list(true) + ") REFERENCES " + table_sql +
                         (dice.chance(50) ? " ON DELETE CASCADE)" : ")"));
  }
  if (table_sql != to_sql) target_sql.push_back("CREATE VIEW " + to_sql + " AS TABLE " + table_sql);
  if (dice.chance(30)) target_sql.push_back("ANALYZE " + table_sql);
}

std::string RandomCopy::text() const {
  std::string all = "source: " + joined(source_sql, ";\n  ") +
                    "\ntarget: " + (is_missing ? "missing" : joined(target_sql, ";\n  ")) +
                    (loses_indexes ? "; its indexes are left dropped" : "");
  const auto add = [&all](const std::string& name, const std::string& value) {
    if (!value.empty() && value != "0") all += ", " + name + " " + value;
  };
  const auto number = [](auto value) { return std::to_string(value); };
  const auto pairs = [](const std::map<std::string, std::string>& map) {
    std::string list;
    for (const auto& [from, to] : map) list += "[" + from + " = " + to + "]";
    return list;
  };
  const auto& stream = options.stream;
  all += "\noptions: from " + options.table.from + ", to " + options.table.to + ", " +
         std::string(to_string(options.mode));
  add("key", joined(options.key));
  add("columns", joined(options.table.columns));
  add("exclude", joined(options.table.exclude));
  add("rename", pairs(options.table.rename));
  add("map", pairs(options.table.map));
  add("where", options.table.where);
  add("hook over", hooked);
  all += ", readers " + number(options.readers) + ", writers " + number(options.writers);
  add("transform_workers", number(options.transform_workers));
  add("resting readers", number(int{options.may_rest.readers}));
  add("resting writers", number(int{options.may_rest.writers}));
  add("job", options.delivery.job);
  add("on_lost_snapshot", std::string(to_string(options.delivery.on_lost_snapshot)));
  if (options.delivery.retries) all += ", retries " + number(*options.delivery.retries);
  add("an attempt before", number(int{fails_first}));
  add("into a view", number(int{stream.into_view}));
  add("verify", number(int{stream.verify}));
  add("indexes", std::string(to_string(stream.indexes)));
  add("create", std::string(to_string(stream.create)));
  add("evolve", number(int{stream.evolve}));
  add("analyze", number(int{stream.analyze}));
  add("max_rejects", number(stream.max_rejects));
  add("rejects table", stream.rejects.table);
  add("triggers disabled", number(int{stream.triggers == Triggers::disable}));
  add("suppressed allowed", number(int{stream.suppressed_rows == SuppressedRows::allow}));
  add("sequences advance", number(int{stream.advance_sequences}));
  add("before_load", number(int{bool(stream.before_load)}));
  add("before_commit", number(int{bool(stream.before_commit)}));
  add("slice_bytes", number(options.slice_bytes.count()));
  add("batch_bytes", number(stream.batch_bytes.count()));
  add("budget", number(int{stream.budget != nullptr}));
  add("throttle", number(int{stream.throttle != nullptr}));
  return all;
}

}  // namespace leat::test
