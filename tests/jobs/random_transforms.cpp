#include "random_transforms.hpp"

#include <algorithm>
#include <utility>

#include "leat/postgres/session/identifier.hpp"

namespace leat::test {

const char* const random_types_sql =
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN small AS int CHECK (VALUE < 1000)";
const char* const random_table_sql =
    "CREATE TABLE r (id int NOT NULL, i int, g bigint, n numeric(12,3), f float8, b boolean, d date, s "
    "timestamp, z timestamptz, t text, c varchar(12), u uuid, j jsonb, a int[], m mood, o small, x bytea, y "
    "interval)";

std::string random_rows_sql(std::size_t rows) {
  const auto maybe = [](const std::string& value) {
    return ", CASE WHEN random() < 0.8 THEN " + value + " END";
  };
  const std::string word = "(ARRAY['', ' Ann', 'bob ', 'x.y@z', 'ÄöÜ', 'active'])[1 + (random() * 5)::int]";
  return "INSERT INTO r SELECT k" + maybe("(random() * 6)::int - 2") + maybe("(random() * 1e12)::bigint") +
         maybe("(random() * 100 - 50)::numeric(12,3)") + maybe("random() * 1e6") + maybe("random() < 0.5") +
         maybe("date '2024-01-01' + (random() * 60)::int") +
         maybe("timestamp '2024-01-01' + random() * interval '60 days'") +
         maybe("timestamptz '2024-01-01' + random() * interval '60 days'") + maybe(word) + maybe(word) +
         maybe("md5((random() * 9)::int::text)::uuid") +
         maybe("jsonb_build_object('k', (random() * 3)::int)") +
         maybe("ARRAY[1, NULL, (random() * 4)::int]") +
         maybe("(enum_range(NULL::mood))[1 + (random() * 2)::int]") + maybe("(random() * 99)::int") +
         maybe("decode(md5((random() * 9)::int::text), 'hex')") +
         maybe("(random() * 9)::int * interval '1 hour'") + " FROM generate_series(1, " +
         std::to_string(rows) + ") k";
}

std::vector<StageColumn> random_table_columns() {
  return {{"id", 'i'}, {"i", 'i'}, {"g", 'i'}, {"n", 'n'}, {"f", 'o'}, {"b", 'b'},
          {"d", 'd'},  {"s", 's'}, {"z", 'o'}, {"t", 't'}, {"c", 't'}, {"u", 'o'},
          {"j", 'o'},  {"a", 'o'}, {"m", 'o'}, {"o", 'i'}, {"x", 'o'}, {"y", 'o'}};
}

std::string RandomTransforms::fresh_name() {
  const std::string number = std::to_string(++names_);
  return chance(4) ? "Co\"l " + number : "c" + number;
}

LiteralValue RandomTransforms::value_for(char kind) {
  switch (kind) {
    case 'i':
      return LiteralValue::number(std::to_string(below(6) - 2));
    case 'n':
      return LiteralValue::number(std::to_string(below(60) - 30) + ".5");
    case 'b':
      return LiteralValue::boolean(chance(2));
    case 'd':
    case 's':
      return LiteralValue::of("2024-02-" + std::to_string(10 + below(15)));
    default:
      return LiteralValue::of(one_of<std::string>({"active", "", "bob ", "it's", "a%"}));
  }
}

FilterCondition RandomTransforms::comparison(const StageColumn& column) {
  FilterCondition made{.kind = FilterCondition::Kind::comparison, .column = column.name};
  const char kind = column.kind;
  if (kind == 'o' || chance(6)) {
    made.op = chance(2) ? FilterOperator::is_null : FilterOperator::is_not_null;
    return made;
  }
  if (chance(3)) {
    made.op = chance(2) ? FilterOperator::in : FilterOperator::not_in;
    made.values = {value_for(kind), value_for(kind)};
    if (chance(3)) made.values.push_back(LiteralValue::null());
    return made;
  }
  if (kind == 't' && chance(2)) {
    made.op = one_of<FilterOperator>({FilterOperator::matches, FilterOperator::contains_text,
                                      FilterOperator::starts_with, FilterOperator::ends_with,
                                      FilterOperator::like, FilterOperator::ilike});
    made.values = {LiteralValue::of(one_of<std::string>({"a", "b", "A%", "z", "."}))};
    return made;
  }
  made.op =
      kind == 'b'
          ? FilterOperator::equal
          : one_of<FilterOperator>({FilterOperator::equal, FilterOperator::not_equal, FilterOperator::greater,
                                    FilterOperator::greater_equal, FilterOperator::less,
                                    FilterOperator::less_equal, FilterOperator::between});
  made.values = {value_for(kind)};
  if (made.op == FilterOperator::between) made.values.push_back(value_for(kind));
  return made;
}

std::string RandomTransforms::sql_condition(const StageColumn& column) {
  const std::string name = quote_identifier(column.name);
  switch (column.kind) {
    case 'i':
      return name + " % 3 <> 1 -- of each three";
    case 't':
      return "length(" + name + ") > 2";
    case 'b':
      return name;
    default:
      return name + " IS NOT NULL OR random() >= 0";
  }
}

FilterCondition RandomTransforms::condition(const std::vector<StageColumn>& columns, int depth) {
  if (depth > 0 && chance(2)) {
    FilterCondition made{
        .kind = one_of<FilterCondition::Kind>(
            {FilterCondition::Kind::all, FilterCondition::Kind::any, FilterCondition::Kind::negation})};
    const int parts = made.kind == FilterCondition::Kind::negation ? 1 : 1 + below(3);
    for (int i = 0; i < parts; ++i) made.parts.push_back(condition(columns, depth - 1));
    return made;
  }
  const auto& column = one_of(columns);
  if (!chance(4)) return comparison(column);
  return {.kind = FilterCondition::Kind::sql, .sql = sql_condition(column)};
}

StageColumn RandomTransforms::expression(const std::vector<StageColumn>& columns) {
  const auto& column = one_of(columns);
  const std::string name = quote_identifier(column.name);
  if (chance(4)) return {name + " IS NULL", 'b'};
  switch (column.kind) {
    case 'i':
      if (chance(25)) return {"12 / " + name, 'i'};
      return {name + " * 2 + 1", 'i'};
    case 'n':
      return {name + " / 3", 'n'};
    case 't':
      return {"upper(" + name + ") || '-'", 't'};
    case 'd':
      return {name + " + 1", 'd'};
    case 's':
      return {"extract(year FROM " + name + ")", 'n'};
    default:
      return {name + "::text", 't'};
  }
}

ColumnChange RandomTransforms::cast(StageColumn& column) {
  std::string type = "text";
  if (column.kind == 'i' && chance(2)) type = "bigint";
  if (column.kind == 'n' && chance(3)) type = chance(3) ? "integer" : "numeric(20,6)";
  if (column.kind == 's' && chance(6)) type = "date";
  if (column.kind == 't') type = chance(6) ? "varchar(3)" : "varchar(200)";
  if (type == "text") column.kind = 't';
  return {column.name, CheckedCast{type}};
}

ColumnChange RandomTransforms::change(StageColumn& column) {
  const std::string name = column.name;
  const auto apply = [&](ColumnFunction function, std::vector<LiteralValue> arguments = {}) {
    return ColumnChange{name, ApplyFunction{function, std::move(arguments)}};
  };
  if (chance(4)) {
    const auto how = one_of<MaskValue::How>(
        {MaskValue::How::sha256, MaskValue::How::redact, MaskValue::How::last, MaskValue::How::null});
    column.kind = how == MaskValue::How::null ? 'o' : 't';
    return {name, MaskValue{.how = how, .salt = "s'alt", .letters = 2}};
  }
  if (chance(5)) return cast(column);
  if (column.kind == 't') {
    switch (below(9)) {
      case 0:
        return apply(
            one_of<ColumnFunction>({ColumnFunction::upper, ColumnFunction::lower, ColumnFunction::title}));
      case 1:
        return apply(
            one_of<ColumnFunction>({ColumnFunction::strip, ColumnFunction::lstrip, ColumnFunction::rstrip}));
      case 2:
        return apply(ColumnFunction::null_if_empty);
      case 3:
        return apply(ColumnFunction::left, {LiteralValue::number("2")});
      case 4:
        return apply(ColumnFunction::replace, {LiteralValue::of("a"), LiteralValue::of("'")});
      case 5:
        return apply(ColumnFunction::regexp_replace, {LiteralValue::of("[aeiou]"), LiteralValue::of("_")});
      case 6:
        return apply(ColumnFunction::coalesce, {LiteralValue::of("none")});
      default:
        break;
    }
    MapValues map{.mapping = {{LiteralValue::of("active"), LiteralValue::of("on")},
                              {LiteralValue::null(), LiteralValue::of("gone")}}};
    map.otherwise = one_of<MapValues::Otherwise>(
        {MapValues::Otherwise::null, MapValues::Otherwise::keep, MapValues::Otherwise::value});
    map.other_value = LiteralValue::of("other");
    return {name, std::move(map)};
  }
  if (column.kind == 'i' || column.kind == 'n') {
    if (chance(3)) return apply(ColumnFunction::abs);
    if (chance(2)) return apply(ColumnFunction::coalesce, {value_for('i')});
    if (column.kind == 'n') {
      return apply(chance(2) ? ColumnFunction::round : ColumnFunction::trunc, {LiteralValue::number("1")});
    }
    return {name,
            MapValues{.mapping = {{LiteralValue::number("1"), LiteralValue::number("10")}},
                      .otherwise = chance(12) ? MapValues::Otherwise::error : MapValues::Otherwise::keep}};
  }
  if (column.kind == 's') return apply(ColumnFunction::date_trunc, {LiteralValue::of("day")});
  column.kind = 't';
  return apply(chance(2) ? ColumnFunction::md5 : ColumnFunction::sha256);
}

void RandomTransforms::rename(ConfigTransform& transform, std::vector<StageColumn>& all) {
  const auto other = [&]() -> StageColumn& {
    return all[1 + static_cast<std::size_t>(below(static_cast<int>(all.size()) - 1))];
  };
  if (!chance(3) || all.size() < 3) return;
  auto& first = other();
  if (chance(3)) {
    auto& second = other();
    if (first.name == second.name || !is_free(first) || !is_free(second)) return;
    transform.rename = {{first.name, second.name}, {second.name, first.name}};
    std::swap(first.name, second.name);
  } else if (is_free(first)) {
    const std::string name = fresh_name();
    transform.rename = {{first.name, name}};
    first.name = name;
  }
}

void RandomTransforms::select(ConfigTransform& transform, const std::vector<StageColumn>& all,
                              std::vector<StageColumn>& kept) {
  kept = all;
  if (!chance(3) || transform.rename.size() == 2) return;
  kept.clear();
  transform.select.emplace();
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin() + 1, order.end(), random_);
  for (const std::size_t i : order) {
    if (is_free(all[i]) && kept.size() > 1 && chance(3)) continue;
    kept.push_back(all[i]);
    // By the name before or after it was renamed.
    const bool is_renamed = !transform.rename.empty() && transform.rename.front().to.text == all[i].name;
    transform.select->emplace_back(is_renamed && chance(2) ? transform.rename.front().from.text
                                                           : all[i].name);
  }
}

void RandomTransforms::aggregate(ConfigTransform& transform, std::vector<StageColumn>& kept) {
  Aggregation made;
  std::vector<StageColumn> columns;
  if (chance(3)) {
    const auto key = expression(kept);
    columns.push_back({fresh_name(), key.kind});
    made.group_by.push_back({columns.back().name, SourcedText(key.name)});
  } else {
    columns.push_back(one_of(kept));
    made.group_by.push_back({columns.back().name});
  }
  columns.push_back({fresh_name(), 'i'});
  made.aggregates.push_back({columns.back().name, "count(*) FILTER (WHERE true)"});
  for (const auto& column : kept) {
    if (column.kind == 'o' || column.kind == 'b' || !chance(3)) continue;
    const bool is_number = column.kind == 'i' || column.kind == 'n';
    columns.push_back({fresh_name(), is_number ? 'n' : column.kind});
    made.aggregates.push_back({columns.back().name, (is_number && chance(2) ? "sum(" : "max(") +
                                                        quote_identifier(column.name) + ")"});
    if (columns.back().kind == 'n' && column.kind == 'i') columns.back().kind = 'o';
  }
  if (chance(3)) made.having = SourcedText("count(*) > 1");
  transform.aggregations = std::move(made);
  kept = std::move(columns);
}

ConfigTransform RandomTransforms::config() {
  ConfigTransform transform;
  std::vector<StageColumn> all = columns_;
  rename(transform, all);
  if (chance(2)) transform.filter = condition(all, 2);
  std::vector<StageColumn> kept;
  select(transform, all, kept);
  for (int i = below(3); i > 0; --i) {
    StageColumn added = expression(all);
    const std::string name = fresh_name();
    if (chance(5)) {
      transform.add_columns.push_back({name, value_for(added.kind == 'o' ? 't' : added.kind)});
      added.kind = 'o';
    } else {
      transform.add_columns.push_back({name, SourcedText(added.name)});
    }
    kept.push_back({name, added.kind});
    all.push_back(kept.back());
  }
  if (kept.size() > 3 && chance(3) && is_free(kept[2])) {
    transform.drop_columns = {kept[2].name};
    kept.erase(kept.begin() + 2);
  }
  for (int i = below(4); i > 0; --i) {
    auto& column = kept[static_cast<std::size_t>(below(static_cast<int>(kept.size())))];
    if (is_free(column)) transform.transformations.push_back(change(column));
  }
  if (!row_wise_ && chance(3)) aggregate(transform, kept);
  auto& last = kept.back();
  if (chance(3) && is_free(last)) transform.cast.push_back(cast(last));
  columns_ = std::move(kept);
  return transform;
}

SourcedText RandomTransforms::sql() {
  const std::string where = " WHERE (" + sql_condition(one_of(columns_)) + "\n)";
  if (row_wise_) return "SELECT * FROM input_data" + where;
  const std::string name = fresh_name();
  switch (below(4)) {
    case 0:
      return std::string("SELECT DISTINCT * FROM input_data -- each once");
    case 1:
      columns_.push_back({name, 'i'});
      return "WITH n AS (SELECT count(*) AS n FROM input_data) SELECT i.*, n.n AS " + quote_identifier(name) +
             " FROM input_data i, n";
    case 2:
      columns_.push_back({name, 'i'});
      return "SELECT *, 1 AS " + quote_identifier(name) +
             " FROM input_data UNION ALL SELECT *, 2 FROM input_data" + where;
    default:
      return "SELECT * FROM input_data" + where;
  }
}

std::vector<TransformStage> RandomTransforms::make() {
  std::vector<TransformStage> stages;
  for (int left = 1 + below(3); left > 0; --left) {
    if (chance(4)) {
      stages.emplace_back(sql());
    } else {
      stages.emplace_back(config());
    }
  }
  return stages;
}

}  // namespace leat::test
