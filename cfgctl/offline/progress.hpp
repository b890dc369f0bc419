#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cfgd::cfgctl::offline {

/// The line of a bar: "checking [=====>    ] 54 %", at most 60 columns. `total` 0: unknown.
std::string progress_line(std::string_view doing, std::uint64_t done, std::uint64_t total);

/// A progress bar on standard error, if that is a terminal, for operations that take longer than a
/// second. The destructor removes it.
class progress {
 public:
  explicit progress(std::string doing);
  ~progress();
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;

  void show(std::uint64_t done, std::uint64_t total);

 private:
  std::string doing_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

/// Does `work` while a bar is shown; `work` gets a function (done, total) that moves it.
template <class Work>
auto with_progress(std::string doing, Work work) {
  progress bar(std::move(doing));
  return work([&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); });
}

} // namespace cfgd::cfgctl::offline
