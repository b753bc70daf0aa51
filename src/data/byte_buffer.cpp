#include "leat/data/detail/byte_buffer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace leat::detail {

void ByteBuffer::grow(std::size_t more) {
  constexpr std::size_t limit = SIZE_MAX / 2;
  if (more > limit - size_) throw std::bad_alloc();
  const std::size_t wanted = std::max({size_ + more, std::min(capacity_, limit / 2) * 2, std::size_t{256}});
  const bool ours = data_ == nullptr || release_ == &std::free;
  void* const grown = ours ? std::realloc(data_, wanted) : std::malloc(wanted);
  if (grown == nullptr) throw std::bad_alloc();
  if (!ours) {
    if (size_ > 0) std::memcpy(grown, data_, size_);
    if (release_ != nullptr) release_(data_);
  }
  data_ = static_cast<std::byte*>(grown);
  capacity_ = wanted;
  release_ = &std::free;
}

}  // namespace leat::detail
