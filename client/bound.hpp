#pragma once

#include "live.hpp"
#include "value.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cfgd::client {

/// A struct of the program that is described (BOOST_DESCRIBE_STRUCT) and can be bound: its members
/// are readable, or structs of this kind.
template <class T>
concept described_settings =
    std::is_default_constructible_v<T> && boost::describe::has_describe_members<T>::value;

/// Sets the members of `out` from the values at and below `prefix`: a member `port` from
/// "PREFIX.port", members of a nested struct likewise. A member without a value, or with one of
/// another type, stays as it is; the keys of the latter are added to `mismatches`.
template <described_settings T>
void read_settings(live_values const& values, std::string_view prefix, T& out,
                   std::vector<std::string>& mismatches) {
  using members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<members>([&](auto member) {
    auto& target = out.*member.pointer;
    using type = std::remove_reference_t<decltype(target)>;
    std::string const key = std::string(prefix).append(".").append(member.name);
    if constexpr (described_settings<type>) {
      read_settings(values, key, target, mismatches);
    } else {
      static_assert(readable<type>, "a member must be readable or described itself");
      auto const* const value = values.find(key);
      auto found = value_as<type>(value);
      if (found) target = std::move(*found);
      if (value != nullptr && !found) mismatches.push_back(key);
    }
  });
}

/// Settings as a struct of the program that stays current:
///
///   struct server { std::string title = "no title"; int port = 80; };
///   BOOST_DESCRIBE_STRUCT(server, (), (title, port))
///
///   cfgd::client::bound<server> site(service, "site"); // service: a live
///   listen(site.get().port);
///
/// Defaults are those of T(). Used by one thread at a time, as live_values.
template <described_settings T>
class bound {
 public:
  /// `prefix`: a namespace or a key that `from` has. Its values are those of one revision.
  bound(live const& from, std::string prefix) : values_(from.values()), prefix_(std::move(prefix)) {
    read();
  }

  /// The newest settings. Valid until get(), refresh() or wait() is called again.
  T const& get() {
    refresh();
    return settings_;
  }
  /// Those of the last refresh.
  T const& operator*() const noexcept { return settings_; }
  T const* operator->() const noexcept { return &settings_; }

  /// Changes to the newest values; never waits. False: these are the newest ones.
  bool refresh() { return values_.refresh() && read(); }
  /// Waits until there is something newer, at most `limit`; see live_values::wait().
  bool wait(std::chrono::milliseconds limit) { return values_.wait(limit) && read(); }

  /// The values that the settings were read from: revision(), stale().
  live_values const& values() const noexcept { return values_; }
  /// Keys whose values are of another type than their members, which have the default.
  std::vector<std::string> const& mismatches() const noexcept { return mismatches_; }

 private:
  bool read() {
    T next{};
    mismatches_.clear();
    read_settings(values_, prefix_, next, mismatches_);
    settings_ = std::move(next);
    return true;
  }

  live_values values_;
  std::string prefix_;
  T settings_{};
  std::vector<std::string> mismatches_;
};

} // namespace cfgd::client
