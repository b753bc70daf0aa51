#include "registry/sha256.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace leat::registry_detail {
namespace {

using Words = std::array<std::uint32_t, 8>;

// The first 32 bits of the fractions of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr std::size_t block_bytes = 64;

void mix_in(Words& state, std::string_view block) {
  std::array<std::uint32_t, 64> schedule{};
  for (std::size_t i = 0; i < block_bytes; ++i) {
    schedule[i / 4] = (schedule[i / 4] << 8U) | static_cast<unsigned char>(block[i]);
  }
  for (std::size_t i = 16; i < schedule.size(); ++i) {
    const std::uint32_t a = schedule[i - 15];
    const std::uint32_t b = schedule[i - 2];
    schedule[i] = schedule[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3U)) + schedule[i - 7] +
                  (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10U));
  }
  Words w = state;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    const std::uint32_t choice = (w[4] & w[5]) ^ (~w[4] & w[6]);
    const std::uint32_t most = (w[0] & w[1]) ^ (w[0] & w[2]) ^ (w[1] & w[2]);
    const std::uint32_t first = w[7] + (std::rotr(w[4], 6) ^ std::rotr(w[4], 11) ^ std::rotr(w[4], 25)) +
                                choice + round_constants[i] + schedule[i];
    const std::uint32_t second = (std::rotr(w[0], 2) ^ std::rotr(w[0], 13) ^ std::rotr(w[0], 22)) + most;
    w = {first + second, w[0], w[1], w[2], w[3] + first, w[4], w[5], w[6]};
  }
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += w[i];
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Words state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const std::size_t whole = bytes.size() / block_bytes * block_bytes;
  for (std::size_t at = 0; at < whole; at += block_bytes) mix_in(state, bytes.substr(at, block_bytes));
  // What is left, a one bit, zeros, and the length in bits in the last eight bytes of a block.
  std::string end(bytes.substr(whole));
  end += '\x80';
  while (end.size() % block_bytes != block_bytes - 8) end += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (unsigned shift = 64; shift > 0; shift -= 8) end += static_cast<char>((bits >> (shift - 8)) & 0xffU);
  for (std::size_t at = 0; at < end.size(); at += block_bytes) {
    mix_in(state, std::string_view(end).substr(at, block_bytes));
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint32_t word : state) {
    for (unsigned shift = 32; shift > 0; shift -= 4) text += digits[(word >> (shift - 4)) & 0xfU];
  }
  return text;
}

}  // namespace leat::registry_detail
