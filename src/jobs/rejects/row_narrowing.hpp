#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace leat::jobs_detail {

/// Rows of a batch: `count` from `first` on.
struct RowRange {
  std::size_t first = 0;
  std::size_t count = 0;

  friend bool operator==(const RowRange&, const RowRange&) = default;
};

/// Decides which rows of a batch to try next, until every row was either taken or refused alone; rows are
/// taken in their order. Decides only, and tries nothing. A refusal may name a suspect: then the rows before
/// it, it alone, and the rows after it are tried. Otherwise, and once a suspect was taken, ranges are halved.
/// Of `n` rows with `k` bad ones about 3k tries are needed with suspects that are the bad ones, and at most
/// about 2k·log2(n) without.
class RowNarrowing {
 public:
  explicit RowNarrowing(std::size_t rows);

  /// What to try; nullopt at the end. taken() or refused() follows.
  [[nodiscard]] std::optional<RowRange> next();
  /// The rows of the last next() are there.
  void taken();
  /// None of them is. `suspect` is a row's number in the range. True where the range is one row, which is
  /// thereby refused for good.
  [[nodiscard]] bool refused(std::optional<std::size_t> suspect);

 private:
  struct Part {
    RowRange rows;
    bool is_suspect = false;   // named by a refusal
    bool is_before = false;    // a suspect, which so is to be the first bad row
    bool blames_next = false;  // where it is taken as a whole, the part after it is refused
    bool will_fail = false;    // so it needs not be tried as a whole
  };

  void halve(const RowRange& rows);

  std::vector<Part> parts_;  // what is left, the next one last
  bool trusts_suspects_ = true;
};

}  // namespace leat::jobs_detail
