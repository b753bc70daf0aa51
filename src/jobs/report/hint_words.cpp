#include "leat/jobs/report/detail/hint_words.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace leat::jobs_detail {
namespace {

// The longer ones first, of which shorter ones are a part.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> replaced_words{{
    {"(--max-rejects and --rejects of copy-table and query)",
     "(copy-table --max-rejects, copy-table --rejects)"},
    {" (--map of copy-table)", " (--map)"},
    {"(--exclude), rename it (--rename), or", "(--exclude-columns), or"},
    {"rename columns (--rename), or give them", "give them"},
    {"(--exclude), or rename it", "(--exclude-columns)"},
    {"(--exclude)", "(--exclude-columns)"},
    {"--exclude, if", "--exclude-columns, if"},
    {"(--to)", "(--to-schema, --rename-table)"},
    {"with --to, or", "with --to-schema or --rename-table, or"},
    {"copy it first (--create)", "copy it, too (--include)"},
}};

constexpr std::array<std::string_view, 11> options_of_one{
    "--columns", "--rename ",     "--rename)",   "--where",      "--key",    "--indexes",
    "--rejects", "--max-rejects", "--after-sql", "--before-sql", "--writers"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string hint_of_tables(std::string hint, const TableName& table, std::string_view job_of_one) {
  for (const auto& [from, to] : replaced_words) replace_all(hint, from, to);
  // Where the column alone stands: '"A"=…'.
  if (hint.find("--map '" + table.display()) == std::string::npos) {
    replace_all(hint, "--map '", "--map '" + table.display() + ".");
  }
  for (const auto& option : options_of_one) {
    if (hint.find("copy-table " + std::string(option)) != std::string::npos) continue;
    const std::string with_job = std::string(job_of_one) + " " + std::string(option);
    if (hint.find(with_job) == std::string::npos) replace_all(hint, option, with_job);
  }
  return hint;
}

}  // namespace leat::jobs_detail
