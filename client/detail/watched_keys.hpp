#pragma once

#include "client/detail/methods.hpp"
#include "client/detail/retry.hpp"
#include "client/detail/watch_progress.hpp"
#include "client/detail/wire.hpp"
#include "client/watcher.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::client::detail {

/// The calls and replies of Watch around watch_progress.
class watched_keys {
 public:
  using event = watch_event;

  explicit watched_keys(watch_options const& how)
      : prefixes_(how.prefixes), consumer_(how.consumer), on_resumed_(how.on_resumed),
        progress_(how.after_revision, how.resync, how.store_id) {
    if (how.hidden) hidden_ = true;
    if (how.without_secrets) secrets_ = false;
  }

  static std::string_view method() { return methods::watch.name; }
  std::string begin() {
    auto const after = progress_.begin();
    watch_request asked{&prefixes_, after, hidden_};
    asked.secrets = secrets_;
    asked.consumer = consumer_;
    if (after) asked.store_id = progress_.store_id();
    return encode(asked);
  }
  /// A state has to come in time; a change comes whenever there is one.
  bool waits_long() const { return !progress_.collecting(); }
  result<std::optional<event>> take(boost::json::object&& reply) {
    auto decoded = decode<watch_event>(method(), std::move(reply));
    if (!decoded) return std::move(decoded).error();
    bool const is_mark = decoded->ready;
    auto whole = progress_.take(std::move(*decoded));
    if (is_mark && !whole && on_resumed_) on_resumed_();
    return whole;
  }
  revision_number revision() const { return progress_.revision(); }
  std::optional<std::string> const& store_id() const { return progress_.store_id(); }

 private:
  std::vector<std::string> prefixes_;
  std::optional<std::string> consumer_;
  std::optional<bool> hidden_;
  std::optional<bool> secrets_;
  std::function<void()> on_resumed_;
  watch_progress progress_;
};

inline retry::options retry_of(watch_options&& how) {
  return {.first = how.first,
          .shortest_wait = how.shortest_wait,
          .longest_wait = how.longest_wait,
          .on_lost = std::move(how.on_lost)};
}

} // namespace cfgd::client::detail
