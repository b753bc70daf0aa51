#include "jobs/match/renumbering.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "leat/core/error.hpp"
#include "leat/data/detail/array_wire.hpp"
#include "leat/data/detail/wire.hpp"
#include "leat/data/range.hpp"

namespace leat::jobs_detail {

/// Reads a value's bytes in order and never beyond their end.
class Renumbering::Cursor {
 public:
  explicit Cursor(std::span<std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::uint32_t number() { return detail::load<std::uint32_t>(take(4).data()); }
  void replace_number(std::uint32_t value) { detail::store<std::uint32_t>(take(4).data(), value); }
  [[nodiscard]] std::byte byte() { return take(1).front(); }
  [[nodiscard]] Cursor part(std::size_t size) { return Cursor(take(size)); }
  void skip(std::size_t size) { static_cast<void>(take(size)); }
  void skip_rest() { bytes_ = {}; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  [[noreturn]] static void throw_malformed(const std::string& what) {
    throw Error(ErrorKind::transform, "a value does not have the form of its type: " + what);
  }

 private:
  std::span<std::byte> take(std::size_t size) {
    if (size > bytes_.size()) throw_malformed("it ends too early");
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  std::span<std::byte> bytes_;
};

namespace {

constexpr std::uint32_t null_length = 0xffffffffU;

// The bits besides are those of bounds that are NULL: PostgreSQL, src/include/utils/rangetypes.h.
constexpr std::byte is_empty_range{detail::range_empty};
constexpr std::byte lacks_lower_bound{detail::range_no_lower | 0x20};
constexpr std::byte lacks_upper_bound{detail::range_no_upper | 0x40};

bool has(std::byte flags, std::byte some) {
  return (flags & some) != std::byte{};
}

}  // namespace

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
  std::sort(columns_.begin(), columns_.end(),
            [](const Column& a, const Column& b) { return a.position < b.position; });
}

void Renumbering::apply(RowBatch& batch) const {
  for (std::size_t row = 0; row < batch.size(); ++row) {
    Cursor tuple(batch.mutable_row_bytes(row));
    tuple.skip(2);  // the number of fields, which the reader has checked
    std::size_t field = 0;
    for (const Column& column : columns_) {
      for (; field < column.position; ++field) {
        const std::uint32_t length = tuple.number();
        if (length != null_length) tuple.skip(length);
      }
      apply_part(column.step, tuple);
      ++field;
    }
  }
}

void Renumbering::apply_part(const Step& step, Cursor& value) {
  const std::uint32_t length = value.number();
  if (length == null_length) return;
  Cursor part = value.part(length);
  apply(step, part);
}

void Renumbering::apply(const Step& step, Cursor& value) {
  switch (step.kind) {
    case TypeKind::array:
      apply_array(step, value);
      break;
    case TypeKind::composite:
      apply_composite(step, value);
      break;
    case TypeKind::range:
      apply_range(step, value);
      break;
    case TypeKind::multirange:
      apply_multirange(step, value);
      break;
    case TypeKind::base:
    case TypeKind::enumeration:
    case TypeKind::pseudo:
      value.skip_rest();
      break;
  }
  if (value.size() != 0) Cursor::throw_malformed("bytes follow its end");
}

void Renumbering::apply_array(const Step& step, Cursor& value) {
  const std::uint32_t dimensions = value.number();
  if (dimensions > detail::max_dimensions) Cursor::throw_malformed("an array of too many dimensions");
  value.skip(4);  // whether it has NULLs
  value.replace_number(step.numbers.front());
  std::uint64_t elements = dimensions == 0 ? 0 : 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    elements *= value.number();
    value.skip(4);  // the lower bound
    if (elements > value.size()) Cursor::throw_malformed("an array of more elements than bytes");
  }
  if (step.parts.front().kind == TypeKind::base) {
    value.skip_rest();
    return;
  }
  for (std::uint64_t i = 0; i < elements; ++i) apply_part(step.parts.front(), value);
}

void Renumbering::apply_composite(const Step& step, Cursor& value) {
  if (value.number() != step.parts.size()) Cursor::throw_malformed("a composite of another number of fields");
  for (std::size_t i = 0; i < step.parts.size(); ++i) {
    value.replace_number(step.numbers[i]);
    apply_part(step.parts[i], value);
  }
}

void Renumbering::apply_range(const Step& step, Cursor& value) {
  const std::byte flags = value.byte();
  if (has(flags, is_empty_range)) return;
  if (!has(flags, lacks_lower_bound)) apply_part(step.parts.front(), value);
  if (!has(flags, lacks_upper_bound)) apply_part(step.parts.front(), value);
}

void Renumbering::apply_multirange(const Step& step, Cursor& value) {
  const std::uint32_t ranges = value.number();
  for (std::uint32_t i = 0; i < ranges; ++i) apply_part(step.parts.front(), value);
}

}  // namespace leat::jobs_detail
