#pragma once

#include "call_error.hpp"
#include "types.hpp"
#include "value.hpp"
#include "watcher.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cfgd::client {

namespace detail {
struct live_state;
}

/// Why values may be out of date.
struct staleness {
  std::chrono::system_clock::time_point since; ///< the connection was lost, or `live` was opened
  call_error why;
};

/// The values of a `live` at one revision: those it had when this was made or refreshed last. They
/// do not change until refresh() or wait(), whatever happens to the `live`, which it may outlive.
/// Used by one thread at a time; make one for each thread. It keeps memory for as long as it is not
/// refreshed. A moved-from one may only be destroyed or assigned to.
///
/// Keys are leaves, written as the service writes them: `hosts."db.example.org".port`. An array is
/// one value.
class live_values {
 public:
  live_values(live_values&& other) noexcept;
  live_values& operator=(live_values&& other) noexcept;
  ~live_values();

  /// The value of a key; null if there is none. Valid until refresh() or wait().
  boost::json::value const* find(std::string_view key) const noexcept;
  /// The same by value_as(). A string_view is valid as the value is.
  template <readable T>
  std::optional<T> get(std::string_view key) const {
    return value_as<T>(find(key));
  }
  /// The same, or `fallback`: get<int>("site.workers", 16).
  template <readable T>
  T get(std::string_view key, std::type_identity_t<T> fallback) const {
    auto found = get<T>(key);
    return found ? std::move(*found) : std::move(fallback);
  }

  std::size_t size() const noexcept; ///< the number of keys
  /// Calls `visit` with each key and its value, in no particular order.
  void
  for_each(std::function<void(std::string_view, boost::json::value const&)> const& visit) const;

  /// All values are those of this revision. 0: the service has not answered yet.
  revision_number revision() const noexcept;
  /// The store that the revision is of. Absent in older services, and as long as none has answered.
  std::optional<std::string> const& store_id() const noexcept;
  /// Not null while the service cannot be reached, and until what was missed has been received.
  staleness const* stale() const noexcept;

  /// Changes to the newest values. Never waits. False: these are the newest ones.
  bool refresh() noexcept;
  /// Waits until there is something newer, at most `limit`, and changes to it: other values, or
  /// another stale(). False: the time is over, or the `live` has been destroyed.
  bool wait(std::chrono::milliseconds limit);

 private:
  friend class live;
  struct impl;
  explicit live_values(std::shared_ptr<detail::live_state> of);
  std::unique_ptr<impl> impl_;
};

struct live_options {
  std::vector<std::string> prefixes; ///< namespaces or keys; empty: everything the caller may read
  std::string address;               ///< as socket_path takes it
  /// must_succeed: open() waits for the values. retry: it does not, and there are no values, marked
  /// stale, until the service answers.
  first_connect first = first_connect::must_succeed;
  /// Also secrets, where the caller may see them.
  bool secrets = false;
  // As in watch_options.
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  std::chrono::milliseconds shortest_wait = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
};

/// A copy of some of the configuration in this process, kept current by a watch on a thread of its
/// own, for programs that read settings all the time. Reading makes no call and waits for nobody.
/// While the service is away the last values stay, marked stale; the connection is made again for
/// as long as this exists.
///
/// All functions may be called by any thread. The thread handles no signals and ends with this. A
/// moved-from object may only be destroyed or assigned to.
class live {
 public:
  /// Errors: as those of watcher::next() before its first event. With first_connect::retry: none
  /// but `unreachable`, for an address that is not valid.
  [[nodiscard]] static result<live> open(live_options options);

  live(live&& other) noexcept;
  live& operator=(live&& other) noexcept;
  ~live();

  /// The newest values.
  live_values values() const;
  /// One value of the newest ones, as a copy; absent as with live_values::get(). Several values are
  /// of one revision only if they are read from one live_values.
  template <readable T>
  std::optional<T> get(std::string_view key) const {
    static_assert(!std::same_as<T, std::string_view>, "the value would be gone: take std::string");
    std::optional<T> out;
    with_value(key, [&](boost::json::value const* value) { out = value_as<T>(value); });
    return out;
  }
  /// The same, or `fallback`: get<int>("site.workers", 16).
  template <readable T>
  T get(std::string_view key, std::type_identity_t<T> fallback) const {
    auto found = get<T>(key);
    return found ? std::move(*found) : std::move(fallback);
  }

  /// Of the newest values.
  revision_number revision() const;
  /// Since when the newest values are stale; absent: they are not.
  std::optional<std::chrono::system_clock::time_point> stale() const;

 private:
  struct impl;
  explicit live(std::unique_ptr<impl> made);
  /// The value is only valid inside of `use`.
  void with_value(std::string_view key,
                  std::function<void(boost::json::value const*)> const& use) const;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
