#include "store/crc32c.hpp"

#include <boost/crc.hpp>

#include <cstring>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

// Every record that is written or loaded is summed, so this is much of what a commit computes. The
// instruction of SSE 4.2 takes eight bytes in the time that a table takes for one. Not every
// x86-64 processor has it: which way is taken is decided when the program starts.

namespace cfgd::store {
namespace {

using texts_to_sum = std::initializer_list<std::string_view>;

#ifdef __x86_64__
__attribute__((target("sse4.2"))) std::uint32_t crc_32c_by_instruction(texts_to_sum texts) {
  std::uint64_t sum = 0xFFFFFFFF;
  for (auto text : texts) {
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      sum = _mm_crc32_u64(sum, word);
    }
    for (char const byte : text)
      sum = _mm_crc32_u8(static_cast<std::uint32_t>(sum), static_cast<std::uint8_t>(byte));
  }
  return ~static_cast<std::uint32_t>(sum);
}

bool const has_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif

} // namespace

std::uint32_t crc_32c_by_table(texts_to_sum texts) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  for (auto const text : texts)
    sum.process_bytes(text.data(), text.size());
  return sum.checksum();
}

std::uint32_t crc_32c(texts_to_sum texts) {
#ifdef __x86_64__
  if (has_instruction) return crc_32c_by_instruction(texts);
#endif
  return crc_32c_by_table(texts);
}

} // namespace cfgd::store
