#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace cfgd::json {

/// The position after the JSON string whose opening quote is at `at`; the size of the text if it
/// has no end. In a header, because it is called for every name and value of a document.
inline std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

} // namespace cfgd::json
