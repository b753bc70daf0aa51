#pragma once

#include <cstdint>
#include <string>

#include "bed.hpp"
#include "random_copy.hpp"

namespace leat::test {

/// What plain SQL makes of a combination, in the target's table public.wanted, and what the report is to
/// count. The rows of the source are in public.came. The references must outlive it.
class PlainSql {
 public:
  PlainSql(const Bed& bed, const RandomCopy& copy) : bed_(bed), copy_(copy) {}

  /// Makes public.wanted of the target as it is, with its triggers and what is to be added to it.
  void take_target();
  /// Changes that as the mode says. Returns false where the server refuses it, or a load has to.
  bool change();
  /// What the server said then.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  void check(const JobReport& report) const;
  void check_rows() const;

 private:
  void count();
  [[nodiscard]] std::string where() const;
  [[nodiscard]] std::string columns_of(const std::string& table, const std::string& which) const;
  [[nodiscard]] std::string equal_keys(const std::string& one, const std::string& other) const;
  [[nodiscard]] std::string statements(const std::string& names, const std::string& sets) const;

  // Constant after construction
  const Bed& bed_;
  const RandomCopy& copy_;

  std::string counts_{};
  std::string refusal_{};
  std::string rejected_ = "0";
  std::uint64_t suppressed_ = 0;
  bool leaves_out_ = false;
};

}  // namespace leat::test
