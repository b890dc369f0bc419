#pragma once

#include "cfgctl/top/top_model.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace cfgd::cfgctl {

enum class top_key : std::uint8_t { none, quit, pause, sort, faster, slower, help, resized };

/// The terminal as ncurses draws it. The destructor restores it. At most one object at a time.
class top_screen {
 public:
  enum class coloring : std::uint8_t { none, some };

  /// Throws std::runtime_error if ncurses cannot use the terminal.
  explicit top_screen(coloring with);
  ~top_screen();
  top_screen(top_screen const&) = delete;
  top_screen& operator=(top_screen const&) = delete;

  std::size_t columns() const;
  std::size_t rows() const;
  void draw(std::vector<frame_line> const& lines);
  /// Waits for a key, none after this time; quit when the descriptor `stop` is readable.
  top_key wait(std::chrono::milliseconds limit, int stop);

 private:
  void* terminal_; ///< curses' SCREEN
  bool colored_ = false;
};

} // namespace cfgd::cfgctl
