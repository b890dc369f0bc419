#pragma once

#include "core/source.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/source_watcher.hpp"

#include <boost/range/adaptor/reversed.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cfgd::test {

/// A directory of admin sources in a directory of its own, and a watcher on it.
class watched_tree {
 public:
  using content = watchers::observation::content;
  using touched = watchers::observation::touched;
  using blocked = watchers::observation::blocked;
  using gone = watchers::observation::gone;

  watched_tree() {
    std::filesystem::create_directory(root());
    // A sweep must not come to the help of what events should bring.
    options.sweep = std::chrono::minutes(10);
    options.roots = {{.where = layer::admin, .directory = root()}};
  }
  ~watched_tree() { stop(); }
  watched_tree(watched_tree const&) = delete;
  watched_tree& operator=(watched_tree const&) = delete;

  std::filesystem::path const& top() const { return directory_.path(); }
  std::filesystem::path root() const { return directory_ / "namespaces"; }
  std::filesystem::path file(std::string_view relative) const { return root() / relative; }

  void begin(std::vector<watchers::known_source> const& known = {}) {
    watcher_ = std::make_unique<watchers::source_watcher>(
        loop_.context().get_executor(), options, known,
        [this](std::vector<watchers::observation> found) {
          ++calls;
          for (auto& one : found)
            seen.push_back(std::move(one));
          if (on_call) on_call();
        });
    loop_.start(watcher_->run());
  }
  /// Starts the watcher, waits for the first look and forgets what it found.
  void start(std::vector<watchers::known_source> const& known = {}) {
    begin(known);
    look();
    seen.clear();
    calls = 0;
  }
  void stop() {
    loop_.stop();
    watcher_.reset();
  }

  bool until(std::function<bool()> const& holds,
             std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return loop_.run_until(holds, limit);
  }
  /// Looks at everything and waits for the answer.
  bool look(watchers::source_watcher::depth how = watchers::source_watcher::depth::changed) {
    bool done = false;
    watcher_->look_now(how, [&done] { done = true; });
    return until([&done] { return done; });
  }
  /// Waits until everything that has happened so far has been looked at because of its events: a
  /// file that is saved now is reported.
  bool catch_up() {
    auto const text = std::to_string(++markers_);
    replace_file(file("marker.json"), text);
    return until([&] { return last_content("marker.json") == text; });
  }

  template <class What>
  std::size_t count(std::string_view relative) const {
    return static_cast<std::size_t>(std::count_if(seen.begin(), seen.end(), [&](auto const& one) {
      return one.id.relative == relative && std::holds_alternative<What>(one.what);
    }));
  }
  template <class What>
  What const* last(std::string_view relative) const {
    for (auto const& one : boost::adaptors::reverse(seen)) {
      if (one.id.relative == relative && std::holds_alternative<What>(one.what))
        return &std::get<What>(one.what);
    }
    return nullptr;
  }
  std::optional<std::string> last_content(std::string_view relative) const {
    auto const* const found = last<content>(relative);
    if (found == nullptr) return std::nullopt;
    return found->bytes;
  }

  watchers::source_watcher& watcher() { return *watcher_; }
  loop& io() { return loop_; }

  watchers::source_watcher::options options;
  std::vector<watchers::observation> seen;
  std::size_t calls = 0;
  std::function<void()> on_call;

 private:
  temporary_directory directory_;
  loop loop_;
  std::unique_ptr<watchers::source_watcher> watcher_;
  int markers_ = 0;
};

} // namespace cfgd::test
