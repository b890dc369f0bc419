/// The terminal.
///
/// Values and messages come from other users and may contain escape sequences: everything that is
/// printed on a terminal passes printable(). Text for files and pipes is not changed.
///
/// wcwidth(3) needs a character type locale. C.UTF-8 is built into Debian's libc. The user's locale
/// is not used: values are UTF-8 in every locale.

#include "cfgctl/text/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>

namespace cfgd::cfgctl {
namespace {

std::string_view environment(char const* name) {
  char const* const found = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
  return found != nullptr ? std::string_view(found) : std::string_view();
}

/// By tint.
constexpr std::array sequences{"",         "\033[1m",  "\033[2m", "\033[32m",
                               "\033[33m", "\033[31m", "\033[36m"};

/// Calls `visit` with the bytes and the width of each character, until it returns false.
template <class Visit>
void for_each_character(std::string_view text, Visit visit) {
  static bool const ready = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    std::size_t bytes = ready ? std::mbrtowc(&character, text.data(), text.size(), &state) : 1;
    int width = 1;
    if (bytes == 0 || bytes > text.size()) { // U+0000, or not valid UTF-8
      bytes = 1;
      state = {};
    } else if (ready) {
      width = ::wcwidth(character);
    }
    if (!visit(text.substr(0, bytes), static_cast<std::size_t>(width < 0 ? 0 : width))) return;
    text.remove_prefix(bytes);
  }
}

void append_escaped(std::string& out, unsigned code) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 15U]);
}

} // namespace

screen screen_of_output(color_choice color) {
  screen out;
  out.terminal = ::isatty(STDOUT_FILENO) == 1;
  bool const suitable =
      out.terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  out.colored = color == color_choice::always || (color == color_choice::automatic && suitable);
  winsize size{};
  if (out.terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    out.columns = size.ws_col;
  }
  return out;
}

std::string paint(screen const& where, tint color, std::string_view text) {
  std::string out;
  bool const colored = where.colored && color != tint::plain && !text.empty();
  if (colored) out += sequences.at(static_cast<std::size_t>(color));
  out += text;
  if (colored) out += "\033[0m";
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
      append_escaped(out, byte);
    } else if (byte == 0xc2 && at + 1 < text.size() &&
               static_cast<unsigned char>(text[at + 1]) < 0xa0) {
      append_escaped(out, static_cast<unsigned char>(text[++at])); // C1 in UTF-8
    } else {
      out += text[at];
    }
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t sum = 0;
  for_each_character(text, [&](std::string_view, std::size_t width) {
    sum += width;
    return true;
  });
  return sum;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string out;
  std::size_t sum = 1; // the ellipsis
  for_each_character(text, [&](std::string_view bytes, std::size_t width) {
    sum += width;
    if (sum > columns) return false;
    out += bytes;
    return true;
  });
  return out + "…";
}

std::string cut_left_to(std::string_view text, std::size_t columns) {
  std::size_t left = columns_of(text);
  if (left <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t skipped = 0;
  for_each_character(text, [&](std::string_view bytes, std::size_t width) {
    if (left < columns) return false; // one column is the ellipsis
    skipped += bytes.size();
    left -= width;
    return true;
  });
  return "…" + std::string(text.substr(skipped));
}

} // namespace cfgd::cfgctl
