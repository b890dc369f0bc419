#include "cfgctl/offline/progress.hpp"

#include "cfgctl/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

// The bar appears after a second, never in files, and is drawn at most ten times a second.

namespace cfgd::cfgctl::offline {
namespace {

constexpr std::chrono::milliseconds patience{1'000};
constexpr std::chrono::milliseconds pause{100};
constexpr std::uint64_t bar_columns = 30;
constexpr char const* clear_line = "\r\x1b[K"; // ECMA-48: EL, erase to the end of the line

} // namespace

std::string progress_line(std::string_view doing, std::uint64_t done, std::uint64_t total) {
  std::string out(doing);
  if (total == 0) return out + " ...";
  auto const part = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  auto const filled = static_cast<std::size_t>(part * static_cast<double>(bar_columns));
  out += " [" + std::string(filled, '=');
  if (filled < bar_columns) out += '>' + std::string(bar_columns - filled - 1, ' ');
  return out + "] " + std::to_string(static_cast<int>(part * 100)) + " %";
}

progress::progress(std::string doing)
    : doing_(std::move(doing)), terminal_(::isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + patience) {}

progress::~progress() {
  if (shown_) complain(clear_line);
}

void progress::show(std::uint64_t done, std::uint64_t total) {
  if (!terminal_) return;
  auto const now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + pause;
  shown_ = true;
  complain(clear_line + progress_line(doing_, done, total));
}

} // namespace cfgd::cfgctl::offline
