#pragma once

namespace leat {

/// What becomes of the large objects that rows name by their numbers.
enum class LargeObjectMode {
  /// They stay behind, and findings tell of columns that name some.
  stay,
  /// Those that columns of the type `lo` (and domains over it) name come along, each as a new one of the
  /// target; VerifyTable compares what they hold.
  copied,
  /// The caller copies all of them, under the numbers that they have. Nothing is told of them, and
  /// VerifyTable compares numbers.
  by_caller,
};

}  // namespace leat
