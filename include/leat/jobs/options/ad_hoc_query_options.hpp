#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/options/incremental.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/transform/sql/compiled_transform.hpp"
#include "leat/transform/sql/transform_place.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat {

/// Options of AdHocQuery: which query to run, and where to load its rows.
struct AdHocQueryOptions {
  // Behaviour

  /// Where to connect: `"postgresql://etl@db1/shop"`, or an id: `factory.resolve("shop")`.
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// The query: `"SELECT id, qty FROM orders WHERE day >= :since"`. Its columns are matched with the target's
  /// columns by name. `:name` stands for a parameter.
  std::string sql{};
  /// A value for every `:name` in the query: `{{"since", "2026-01-31"}}`. Values are text; nullopt is NULL.
  /// They are quoted by the server's rules or sent beside the SQL, and never become SQL themselves.
  std::map<std::string, std::optional<std::string>> parameters{};
  /// Types of parameters, as in SQL: `{{"since", "timestamptz"}}` is what `:since::timestamptz` would be.
  /// Each other one has the type of its place, as the source's server infers it.
  std::map<std::string, std::string> parameter_types{};
  /// What is made of the query's rows in SQL, one transform after the other. Their SQL may have parameters,
  /// too. leat/transform/sql/config_transform.hpp.
  std::vector<TransformStage> sql_transforms{};
  /// Where they run. In the target no row hook, `verify` or `max_rejects` goes with them. docs/transforms.md.
  TransformPlace place = TransformPlace::auto_;
  /// Names the places of their texts in errors.
  TextPlaces text_places{};
  /// The table to load: `sales.orders`. It must exist, unless `stream.create` makes it.
  std::string to{};
  /// The source converts what would not go into a column of the target: numeric into integer, text into date.
  /// A value that does not survive it ends the load with an error that shows it. Types that only the target
  /// has, and domains, are left out of that.
  bool checked_casts = false;
  WriteMode mode = WriteMode::replace;
  /// Columns of the target that identify a row: `{"id"}`. Used by the modes that match rows (see WriteMode).
  /// Empty: the target's primary key.
  std::vector<std::string> key{};
  /// A row hook: reads, drops and rewrites rows on the way. A hook needs leat/transform/transform.hpp.
  Transform transform{};
  /// Loads what is new in the query's result since the load before, by a watermark that is committed
  /// with the rows. Not set: all rows. incremental.hpp, docs/incremental.md.
  std::optional<IncrementalOptions> incremental{};

  // Behaviour and performance

  StreamOptions stream{};
  /// With a job's name the load is done once: the target's ledger says so in the same transaction. Running
  /// the same query again under that name does nothing; another query under it is refused. A query is one
  /// transaction, so `on_lost_snapshot` must be `redo`. docs/query.md.
  Delivery delivery{};
};

}  // namespace leat
