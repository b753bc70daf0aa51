#include "jobs/match/renumbering.hpp"

#include <span>
#include <string>

#include "leat/core/error.hpp"
#include "leat/data/detail/array_wire.hpp"
#include "leat/data/detail/wire.hpp"
#include "leat/data/range.hpp"

namespace leat::jobs_detail {

/// Takes a value's bytes in order and never beyond their end.
class Renumbering::Value {
 public:
  explicit Value(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> take(std::size_t size) {
    if (size > bytes_.size()) throw_malformed("it ends too early");
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  /// What stands in it behind its length; nothing of it is taken apart for a step of kind base.
  void take_part(const Step& step) {
    constexpr std::uint32_t null_length = 0xffffffffU;
    const std::uint32_t length = number();
    if (length != null_length) Value(take(length)).replace(step);
  }

 private:
  [[noreturn]] static void throw_malformed(const std::string& what) {
    throw Error(ErrorKind::transform, "a value does not have the form of its type: " + what);
  }

  [[nodiscard]] std::uint32_t number() { return detail::load<std::uint32_t>(take(4).data()); }
  void replace_number(std::uint32_t number) { detail::store<std::uint32_t>(take(4).data(), number); }

  void replace(const Step& step) {
    switch (step.kind) {
      case TypeKind::array:
        replace_array(step);
        break;
      case TypeKind::composite:
        if (number() != step.parts.size()) throw_malformed("a composite of another number of fields");
        for (std::size_t i = 0; i < step.parts.size(); ++i) {
          replace_number(step.numbers[i]);
          take_part(step.parts[i]);
        }
        break;
      case TypeKind::range:
        replace_range(step.parts.front());
        break;
      case TypeKind::multirange:
        for (std::uint32_t left = number(); left > 0; --left) take_part(step.parts.front());
        break;
      case TypeKind::base:
      case TypeKind::enumeration:
      case TypeKind::pseudo:
        return;
    }
    if (!bytes_.empty()) throw_malformed("bytes follow its end");
  }

  void replace_array(const Step& step) {
    const std::uint32_t dimensions = number();
    if (dimensions > detail::max_dimensions) throw_malformed("an array of too many dimensions");
    take(4);  // whether it has NULLs
    replace_number(step.numbers.front());
    std::uint64_t elements = dimensions == 0 ? 0 : 1;
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      elements *= number();
      take(4);  // the lower bound
      if (elements > bytes_.size()) throw_malformed("an array of more elements than bytes");
    }
    if (step.parts.front().kind == TypeKind::base) {
      bytes_ = {};
      return;
    }
    for (; elements > 0; --elements) take_part(step.parts.front());
  }

  void replace_range(const Step& bound) {
    // The bits besides are those of bounds that are NULL: PostgreSQL, src/include/utils/rangetypes.h.
    constexpr unsigned lacks_lower_bound = detail::range_no_lower | 0x20U;
    constexpr unsigned lacks_upper_bound = detail::range_no_upper | 0x40U;
    const auto flags = std::to_integer<unsigned>(take(1).front());
    if ((flags & detail::range_empty) != 0) return;
    if ((flags & lacks_lower_bound) == 0) take_part(bound);
    if ((flags & lacks_upper_bound) == 0) take_part(bound);
  }

  std::span<std::byte> bytes_;
};

Renumbering::Step Renumbering::step_for(const TypeInfo& source, const TypeInfo& target) {
  Step step{.kind = target.kind};
  bool needed = false;
  for (std::size_t i = 0; i < target.parts.size(); ++i) {
    step.numbers.push_back(target.parts[i].oid);
    step.parts.push_back(step_for(source.parts[i], target.parts[i]));
    const bool numbered = target.kind == TypeKind::array || target.kind == TypeKind::composite;
    needed = needed || (numbered && source.parts[i].oid != target.parts[i].oid) ||
             step.parts.back().kind != TypeKind::base;
  }
  return needed ? step : Step{};
}

void Renumbering::add(std::size_t position, const TypeInfo& source, const TypeInfo& target) {
  columns_.push_back({.position = position, .step = step_for(source, target)});
}

void Renumbering::apply(RowBatch& batch) const {
  const Step as_it_is;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    Value tuple(batch.mutable_row_bytes(row));
    tuple.take(2);  // the number of fields, which the reader has checked
    std::size_t field = 0;
    for (const Column& column : columns_) {
      for (; field < column.position; ++field) tuple.take_part(as_it_is);
      tuple.take_part(column.step);
      ++field;
    }
  }
}

}  // namespace leat::jobs_detail
