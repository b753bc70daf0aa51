#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/store/write_mode.hpp"
#include "leat/documents/expectation.hpp"
#include "leat/documents/field_table.hpp"
#include "leat/documents/load_schema.hpp"
#include "leat/documents/source_text.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/options/incremental.hpp"
#include "leat/jobs/options/inheritance.hpp"
#include "leat/jobs/options/large_object_mode.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat {

/// How a load gets into its table.
enum class LoadDelivery {
  automatic,  ///< slices where several sessions write, else whole
  whole,      ///< one transaction, which the ledger's row of it is part of
  slices,     ///< slice by slice: a failure begins nothing anew that is done
};

/// One load of a document: what goes where, and how. A plain value.
struct LoadDocument {
  /// What the load reads.
  enum class What {
    table,   ///< `from`
    query,   ///< `sql`
    tables,  ///< the tables that `tables` chooses
  };

  What what = What::table;
  Place place{};       ///< of the load
  std::string name{};  ///< unique in the document
  /// Names of connections of the document, or ids of the connections file.
  std::string source{};
  std::string target{};

  std::string from{};
  std::string sql{};
  std::vector<std::string> tables{};
  std::vector<std::string> exclude_tables{};
  std::string to{};  ///< of many tables with {schema} and {table}

  std::vector<std::string> columns{};
  std::vector<std::string> exclude_columns{};
  std::map<std::string, std::string> rename{};
  std::map<std::string, std::string> map{};
  std::string where{};
  TransformDocument transform{};
  /// Of a query: what would not go into a column of the target is converted, value by value.
  bool checked_casts = false;
  std::optional<IncrementalOptions> incremental{};
  Inheritance inheritance = Inheritance::refuse;
  LargeObjectMode large_objects = LargeObjectMode::stay;

  WriteMode mode = WriteMode::replace;
  bool mode_given = false;  ///< the document says it
  std::vector<std::string> key{};
  std::vector<std::string> before_sql{};
  std::vector<std::string> after_sql{};
  /// Looked at before the commit: what is not met rolls the load back.
  std::vector<Expectation> expect{};
  /// Names of loads that must have ended well before.
  std::vector<std::string> after{};
  /// Against which registered schema the source is checked; not set: against none.
  std::optional<LoadSchema> schema{};

  std::uint64_t readers = 0;
  std::uint64_t writers = 0;
  std::uint64_t jobs = 2;
  LoadDelivery delivery = LoadDelivery::automatic;
  std::optional<std::uint64_t> retries{};
  OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo;
  StreamOptions stream{};
  /// The load's own SQL as it stands in the document: `sql`, `where`, `map`, `before_sql`, `after_sql`.
  std::vector<Node> sql_texts{};
};

/// Where an error of the load's job stands in the document: what the server says of the load's SQL, at its
/// place there. Nothing, if it is of no SQL of the document.
[[nodiscard]] LEAT_EXPORT std::optional<Place> place_of(const LoadDocument& load, const Error& error);

/// The fields of a load, and of `defaults`. read_into() fills a LoadDocument by it.
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& load_fields();

}  // namespace leat
