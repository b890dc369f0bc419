#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace cfgd::store {

/// CRC-32C (docs/store-format.md, Records) of texts, one after the other: by the instruction for
/// it where the processor has one. Any thread.
std::uint32_t crc_32c(std::initializer_list<std::string_view> texts);

/// The same by a table, on every processor.
std::uint32_t crc_32c_by_table(std::initializer_list<std::string_view> texts);

} // namespace cfgd::store
