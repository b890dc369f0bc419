/// Drawing with ncurses (curses(3X)).
///
/// ncurses sends only what differs from the previous screen, and handles changes of the window's
/// size (KEY_RESIZE) and the capabilities of terminals. Its macros are disabled for this file
/// (NCURSES_NOMACROS), because one of them is called move. It restores the terminal itself when a
/// signal ends the process; SIGINT and SIGTERM are the stop_source's.

#include "cfgctl/top/top_screen.hpp"

#include "cfgctl/text/screen.hpp"

#include <curses.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct color_row {
  tint which;
  short color;
};
constexpr std::array color_rows{color_row{tint::good, COLOR_GREEN},
                                color_row{tint::warning, COLOR_YELLOW},
                                color_row{tint::bad, COLOR_RED}, color_row{tint::name, COLOR_CYAN}};

attr_t attributes_of(tint which, bool colored) {
  if (which == tint::strong) return A_BOLD;
  if (which == tint::faint) return A_DIM;
  auto const* const found = std::ranges::find(color_rows, which, &color_row::which);
  if (!colored || found == color_rows.end()) return A_NORMAL;
  return static_cast<attr_t>(COLOR_PAIR(static_cast<int>(found - color_rows.begin()) + 1));
}

SCREEN* open_terminal() {
  columns_of("x"); // sets the locale that ncurses uses
  return ::newterm(nullptr, stdout, stdin);
}

} // namespace

top_screen::top_screen(coloring with) : terminal_(open_terminal()) {
  if (terminal_ == nullptr) {
    throw std::runtime_error("ncurses cannot use this terminal (TERM); try 'top --once'");
  }
  ::cbreak();
  ::noecho();
  ::keypad(stdscr, true);
  ::curs_set(0);
  colored_ = with == coloring::some && ::has_colors();
  if (!colored_) return;
  ::start_color();
  ::use_default_colors();
  for (std::size_t at = 0; at < color_rows.size(); ++at)
    ::init_pair(static_cast<short>(at + 1), color_rows.at(at).color, -1);
}

top_screen::~top_screen() {
  ::endwin();
  ::delscreen(static_cast<SCREEN*>(terminal_));
}

std::size_t top_screen::columns() const { return static_cast<std::size_t>(std::max(1, COLS)); }
std::size_t top_screen::rows() const { return static_cast<std::size_t>(std::max(1, LINES)); }

void top_screen::draw(std::vector<frame_line> const& lines) {
  ::erase();
  int row = 0;
  for (auto const& line : lines) {
    if (row >= LINES) break;
    ::move(row++, 0);
    std::size_t left = columns();
    for (auto const& one : line) {
      std::string const text = cut_to(one.text, left);
      left -= std::min(left, columns_of(text));
      ::attrset(static_cast<int>(attributes_of(one.color, colored_)));
      ::addstr(text.c_str());
    }
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

top_key top_screen::wait(std::chrono::milliseconds limit, int stop) {
  constexpr std::array<std::pair<int, top_key>, 12> keys{{{'q', top_key::quit},
                                                          {'Q', top_key::quit},
                                                          {3, top_key::quit}, // ^C
                                                          {'p', top_key::pause},
                                                          {' ', top_key::pause},
                                                          {'s', top_key::sort},
                                                          {'+', top_key::slower},
                                                          {'=', top_key::slower},
                                                          {'-', top_key::faster},
                                                          {'h', top_key::help},
                                                          {'?', top_key::help},
                                                          {KEY_RESIZE, top_key::resized}}};
  // A resize interrupts poll(2), and is the next key.
  std::array<pollfd, 2> ready{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                              pollfd{.fd = stop, .events = POLLIN, .revents = 0}};
  ::poll(ready.data(), ready.size(), static_cast<int>(std::max<std::int64_t>(0, limit.count())));
  if (ready[1].revents != 0) return top_key::quit;
  ::timeout(0);
  int const pressed = ::getch();
  for (auto const& [code, meaning] : keys) {
    if (code == pressed) return meaning;
  }
  return top_key::none;
}

} // namespace cfgd::cfgctl
