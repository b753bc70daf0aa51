#include "cli/help_topics.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace leat::cli {
namespace {

using OptionGroup = std::pair<std::string, std::vector<std::string>>;

const std::vector<OptionGroup>& option_groups() {
  static const std::vector<OptionGroup> groups{
      {"What", {"action",     "name",         "subject",      "other",       "value",
                "command",    "shell",        "file",         "source",      "target",
                "from",       "to",           "store",        "sql",         "param",
                "param-null", "table",        "include",      "columns",     "exclude",
                "where",      "incremental",  "watermark",    "lag",         "initial",
                "backfill",   "bound",        "target-where", "inheritance", "large-objects",
                "to-schema",  "rename-table", "rename",       "map",         "exclude-columns",
                "transform",  "rule",         "only",         "connect",     "connections",
                "pg-bin"}},
      {"Mode",
       {"mode", "key", "create", "evolve", "disable-triggers", "into-view", "no-owner", "no-privileges",
        "no-tablespaces", "before-sql", "after-sql", "analyze"}},
      {"Safety",
       {"dry-run", "strict", "new", "idempotency-key", "done", "older-than", "verify", "max-rejects",
        "rejects", "job", "restart", "on-lost-snapshot", "retries", "connect-timeout", "lock-timeout",
        "statement-timeout", "silence-timeout"}},
      {"Speed",
       {"readers", "writers", "jobs", "indexes", "batch-bytes", "memory", "max-rate", "max-replica-lag"}},
      {"Output",
       {"differences", "rows", "progress", "quiet", "output", "report", "log-level", "log-format", "man",
        "help", "version"}},
  };
  return groups;
}

std::string bare_name(const CLI::Option& option) {
  const std::string name = option.get_positional() ? option.get_name(true) : option.get_name();
  std::string bare;
  for (const char c : name.substr(std::min(name.find_first_not_of('-'), name.size()))) {
    bare += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return bare;
}

const std::map<std::string, std::vector<std::string>>& examples() {
  static const std::map<std::string, std::vector<std::string>> lines{
      {"",
       {"leat copy-table --source \"host=db1 dbname=shop\" --target postgresql:///warehouse --from orders",
        "leat copy-tables --source shop --target warehouse --connections ids.json --include 'sales.*' "
        "--create",
        "leat help copy-table"}},
      {"copy-table",
       {"leat copy-table --source \"host=db1 dbname=shop\" --target postgresql:///warehouse --from orders "
        "--create",
        "leat copy-table --source shop --target warehouse --connections ids.json --from sales.orders "
        "--mode "
        "upsert "
        "--where \"changed_at > now() - interval '1 day'\"",
        "leat copy-table --source shop --target warehouse --connections ids.json --from orders --job "
        "nightly "
        "--readers 2 --writers 2 --max-rate 50MiB/s"}},
      {"check",
       {"leat check --source postgresql://db1/shop --target postgresql:///warehouse --from orders",
        "leat check --source shop --target warehouse --connections ids.json --from orders --mode sync "
        "--key "
        "id",
        "leat check --source shop --target warehouse --connections ids.json --from orders --create=full "
        "--output json"}},
      {"copy-tables",
       {"leat copy-tables --source postgresql://db1/shop --target postgresql:///warehouse --include "
        "'sales.*'",
        "leat copy-tables --source shop --target warehouse --connections ids.json --include 'sales.*' "
        "'public.*' "
        "--exclude public.log --create=full --jobs 4",
        "leat copy-tables --source shop --target warehouse --connections ids.json --include 'sales.*' "
        "--dry-run"}},
      {"clone",
       {"leat clone --source postgresql://db1/shop --target postgresql:///shop_copy --jobs 4",
        "leat clone --source shop --target copy --connections ids.json --no-owner --no-privileges",
        "leat clone --source shop --target copy --connections ids.json --dry-run --output json"}},
      {"query",
       {"leat query --source postgresql://db1/shop --target postgresql:///warehouse --to rich --sql "
        "\"SELECT "
        "id, "
        "name FROM customers WHERE spent > 1000\"",
        "leat query --source shop --target warehouse --connections ids.json --to late --file late.sql "
        "--param "
        "since::date=2026-01-01 --param-null until",
        "leat query --source shop --target warehouse --connections ids.json --to totals --sql \"SELECT "
        "day, "
        "sum(price) AS price FROM orders GROUP BY day\" --mode upsert --key day --job totals-2026-01"}},
      {"jobs",
       {"leat jobs list --target postgresql:///warehouse",
        "leat jobs watch nightly --target warehouse --connections ids.json",
        "leat jobs forget --done --older-than 30d --target warehouse --connections ids.json --dry-run"}},
      {"join",
       {"leat join nightly --target postgresql:///warehouse --source postgresql://db1/shop",
        "leat join nightly --target warehouse --connections ids.json --readers 2 --writers 2",
        "leat join nightly --target warehouse --connections ids.json --memory 64MiB --progress always"}},
      {"repair",
       {"leat repair --target postgresql:///warehouse",
        "leat repair --target warehouse --connections ids.json --table sales.orders",
        "leat repair --target postgresql:///warehouse --output json"}},
      {"verify",
       {"leat verify --source postgresql://db1/shop --target postgresql:///warehouse --from orders",
        "leat verify --source shop --target warehouse --connections ids.json --from orders --to "
        "sales.orders "
        "--exclude note --differences 100",
        "leat verify --source shop --target warehouse --connections ids.json --from orders --where \"id > "
        "1000\" "
        "--target-where \"id > 1000\""}},
      {"diff",
       {"leat diff --source postgresql://db1/shop --target postgresql:///warehouse --from orders",
        "leat diff --source shop --target warehouse --connections ids.json --from orders --to sales.orders",
        "leat diff --source shop --target warehouse --connections ids.json --from orders --columns "
        "id,price "
        "--output json"}},
      {"schema",
       {"leat schema register orders --from shop:public.orders --store warehouse --connections ids.json",
        "leat schema check orders --from shop:public.orders --store warehouse --connections ids.json "
        "--rule "
        "full_transitive",
        "leat schema diff orders@1 orders@2 --store postgresql:///warehouse --output json"}},
      {"transform",
       {"leat transform test clean_orders.yaml --source postgresql://db1/shop",
        "leat transform preview clean_orders.yaml --source shop --connections ids.json --from sales.orders "
        "--rows 10",
        "leat transform register clean_orders.yaml --name clean_orders --store dwh --connections ids.json "
        "--source shop --from sales.orders"}},
      {"connections",
       {"leat connections", "leat connections --connections ids.json", "leat connections --output json"}},
      {"run",
       {"leat run orders.yaml", "leat run orders.yaml --param since=2026-01-01 --only orders +downstream",
        "leat run orders.yaml --idempotency-key orders-2026-11-30 --report run.html"}},
      {"plan", {"leat plan orders.yaml", "leat plan orders.yaml --only orders --output json"}},
      {"validate",
       {"leat validate orders.yaml", "leat validate *.yaml --strict --output github",
        "leat validate orders.yaml --connect"}},
      {"schema-file", {"leat schema-file > leat.schema.json"}},
      {"convert",
       {"leat convert old.json", "leat convert old.json --fix", "leat convert users.yaml --log-format json"}},
      {"watermark",
       {"leat watermark list --target postgresql:///warehouse",
        "leat watermark set public.orders '2026-01-31 00:00+00' --target warehouse --connections ids.json",
        "leat watermark reset public.orders --target warehouse --connections ids.json --output json"}},
      {"completion", {"leat completion bash"}},
      {"help", {"leat help", "leat help copy-table", "leat help clone --man"}},
      {"init",
       {"leat init --source shop --target warehouse --include 'sales.*' --file sales.yaml",
        "leat init --source postgresql://db1/shop --include 'sales.*' --exclude 'sales.tmp_*'",
        "leat init --source shop --target warehouse --connections ids.json --include orders"}},
  };
  return lines;
}

}  // namespace

std::vector<std::pair<std::string, std::vector<const CLI::Option*>>> in_groups(const CLI::App& command) {
  std::vector<const CLI::Option*> left = command.get_options();
  std::vector<std::pair<std::string, std::vector<const CLI::Option*>>> result;
  for (const auto& [group, names] : option_groups()) {
    std::vector<const CLI::Option*> options;
    for (const auto& name : names) {
      const auto found = std::find_if(left.begin(), left.end(),
                                      [&](const CLI::Option* option) { return bare_name(*option) == name; });
      if (found == left.end()) continue;
      options.push_back(*found);
      left.erase(found);
    }
    std::stable_partition(options.begin(), options.end(), [](const CLI::Option* option) {
      return option->get_positional() || option->get_required();
    });
    if (!options.empty()) result.emplace_back(group, std::move(options));
  }
  if (!left.empty()) result.emplace_back("More", std::move(left));
  return result;
}

std::vector<std::string> examples_of(const std::string& command) {
  const auto found = examples().find(command);
  return found == examples().end() ? std::vector<std::string>() : found->second;
}

std::string exit_codes_text() {
  return "0 done, 2 usage or configuration, 3 source, 4 target, 5 transform, 6 done with rejects, 7 "
         "verification "
         "failed, 8 an expectation failed, 9 done but the report is lost, 129 hung up, 130 interrupted, 143 "
         "terminated";
}

}  // namespace leat::cli
