#include "leat/transform/sql/compiled_transform.hpp"

#include <algorithm>
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
                        .character = std::min(position - before, length + 1)};
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
  const Error own = error.in_sql(place->text, place->character);
  return places ? own.with_where(places(place->origin, place->character)) : own;
}

}  // namespace leat
