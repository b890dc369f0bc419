#include "daemon/line_text.hpp"

#include <algorithm>

namespace cfgd {

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char one) { return static_cast<unsigned char>(one) < ' '; }, '?');
  return text;
}

void name_list::add(std::string_view name, std::string_view remark) {
  if (++count_ > most_) {
    if (count_ == most_ + 1) text_ += " ...";
    return;
  }
  text_.append(count_ == 1 ? " '" : ", '").append(name).append("'").append(remark);
}

} // namespace cfgd
