#include "leat/jobs/report/detail/hint_words.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace leat::jobs_detail {
namespace {

// The longer ones first, of which shorter ones are a part.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> replaced_words{{
    {"(.max_rejects and .rejects of CopyTable and AdHocQuery)",
     "(CopyTable .max_rejects, CopyTable .rejects)"},
    {" (.map of CopyTable)", " (.map)"},
    {"(.exclude), rename it (.rename), or", "(.exclude_columns), or"},
    {"rename columns (.rename), or give them", "give them"},
    {"(.exclude), or rename it", "(.exclude_columns)"},
    {"(.exclude)", "(.exclude_columns)"},
    {".exclude, if", ".exclude_columns, if"},
    {"(.to)", "(.to_schema, .rename_tables)"},
    {"with .to, or", "with .to_schema or .rename_tables, or"},
    {"copy it first (.create)", "copy it, too (.include)"},
}};

// With what stands behind them, where another one has a longer name.
constexpr std::array<std::string_view, 12> fields_of_one{
    ".columns",      ".rename ", ".rename)",     ".where",         ".key ",        ".key)",
    "Indexes::keep", ".rejects", ".max_rejects", ".before_commit", ".before_load", ".writers"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string hint_of_tables(std::string hint, const TableName& table, std::string_view job_of_one) {
  for (const auto& [from, to] : replaced_words) replace_all(hint, from, to);
  // Where the column alone stands: '"A"=…'.
  if (hint.find(".map '" + table.display()) == std::string::npos) {
    replace_all(hint, ".map '", ".map '" + table.display() + ".");
  }
  for (const auto& field : fields_of_one) {
    if (hint.find("CopyTable " + std::string(field)) != std::string::npos) continue;
    const std::string with_job = std::string(job_of_one) + " " + std::string(field);
    if (hint.find(with_job) == std::string::npos) replace_all(hint, field, with_job);
  }
  return hint;
}

}  // namespace leat::jobs_detail
