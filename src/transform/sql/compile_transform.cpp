#include "leat/transform/sql/compiled_transform.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "leat/core/detail/characters.hpp"
#include "transform/sql/config_sql.hpp"
#include "transform/sql/sql_text.hpp"

namespace leat {
namespace {

using transform_detail::SqlText;

/// `select`, which reads what `input` gives. The author's WITH stands in parentheses of its own.
SqlText reading(const SqlText& input, const SqlText& select) {
  SqlText sql("WITH input_data AS ");
  sql += input;
  sql += " ";
  sql += select;
  return sql;
}

/// How a text is written where the server takes it for names; empty if it tells of something else.
std::string hint_of_value(const Error& error, const std::string& text, bool in_document) {
  const auto state = error.sqlstate();
  const bool is_name =
      state == "42703" || state == "42601" || state == "42883" || state == "42P01" || state == "3F000";
  if (!is_name) return {};
  static constexpr std::array<std::string_view, 6> of_pandas{"==", "&", "**", "//", ".str.", ".dt."};
  const bool has_spelling = std::any_of(of_pandas.begin(), of_pandas.end(), [&text](std::string_view one) {
    return text.find(one) != std::string::npos;
  });
  if (has_spelling)
    return "pandas' ==, &, |, **, //, .str. and .dt. are =, AND, OR, ^, floor(a / b) and functions in SQL";
  constexpr std::size_t longest = 60;
  if (text.size() > longest || text.find_first_of("()'\"\n{}") != std::string::npos) return {};
  return in_document ? "for the text write {value: " + text + "}"
                     : "for the text write LiteralValue::of(\"" + text + "\")";
}

SqlText in_parentheses(const SqlText& query) {
  SqlText sql("(");
  sql += query;
  sql += ")";
  return sql;
}

}  // namespace

CompiledTransform compile_transforms(const SourcedText& query, const std::vector<TransformStage>& stages,
                                     const TransformServer& server) {
  CompiledTransform done;
  SqlText input;  // in parentheses
  input.add_written(query);
  SqlText whole;
  const auto describe = [&server](const SqlText& sql) {
    try {
      return server.describe(sql.text());
    } catch (const Error& error) {
      throw in_written(error, {.sql = sql.text(), .fragments = sql.fragments()}, server.places);
    }
  };
  const auto names_of = [&describe](const SqlText& sql) {
    std::vector<std::string> names;
    for (auto& column : describe(sql)) names.push_back(std::move(column.name));
    return names;
  };
  for (const auto& stage : stages) {
    SqlText select;
    if (const auto* const written = std::get_if<SourcedText>(&stage)) {
      select += "SELECT * FROM ";
      select.add_written(*written);
      select += " AS r";
      done.is_row_wise = false;
    } else {
      const auto& config = std::get<ConfigTransform>(stage);
      const transform_detail::CompileContext context{
          .server = server, .faults = done.faults, .describe = [&](const SqlText& part) {
            return describe(reading(input, part));
          }};
      SqlText all("SELECT * FROM ");
      all += input;
      all += " AS r";
      select = transform_detail::config_sql(config, names_of(all), context);
      if (config.aggregations) done.is_row_wise = false;
    }
    if (!done.faults.empty()) return done;
    whole = reading(input, select);
    input = in_parentheses(whole);
  }
  if (stages.empty()) whole = SqlText(query);
  done.sql = whole.text();
  done.fragments = whole.fragments();
  done.secrets = whole.secrets();
  return done;
}

std::optional<WrittenPlace> written_at(const CompiledTransform& compiled, std::size_t position) {
  if (position == 0) return std::nullopt;
  const std::string_view sql = compiled.sql;
  for (const auto& fragment : compiled.fragments) {
    const std::size_t before = detail::characters_in(sql.substr(0, fragment.begin));
    const std::string_view text = sql.substr(fragment.begin, fragment.size);
    const std::size_t length = detail::characters_in(text);
    // Where a text breaks off, the server names the parenthesis on the line behind it, or the end.
    const std::string_view rest = sql.substr(fragment.begin + fragment.size);
    const std::size_t behind = rest.empty() ? 1 : rest.starts_with('\n') ? 2 : 0;
    if (position <= before || position > before + length + behind) continue;
    return WrittenPlace{.origin = fragment.origin,
                        .text = std::string(text),
                        .character = std::min(position - before, length + 1),
                        .is_value = fragment.is_value};
  }
  return std::nullopt;
}

std::string shown_sql(const CompiledTransform& compiled) {
  std::string shown;
  std::size_t at = 0;
  for (const auto& secret : compiled.secrets) {
    shown.append(compiled.sql, at, secret.begin - at).append("'***'");
    at = secret.begin + secret.size;
  }
  return shown.append(compiled.sql, at);
}

Error in_written(const Error& error, const CompiledTransform& compiled, const TextPlaces& places) {
  const auto place = written_at(compiled, error.position());
  if (!place) return error.sql() == compiled.sql ? error.in_sql(shown_sql(compiled), 0) : error;
  Error own = error.in_sql(place->text, place->character);
  const std::string hint = place->is_value ? hint_of_value(error, place->text, places != nullptr) : "";
  if (!hint.empty()) {
    const std::string before(own.hint());
    own = own.with_hint(before.empty() ? hint : before + "; " + hint);
  }
  return places ? own.with_where(places(place->origin, place->character)) : own;
}

}  // namespace leat
