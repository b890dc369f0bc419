#pragma once

#include "units.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Values of settings as types of the program.
namespace cfgd::client {

namespace detail {

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

/// Seconds as microseconds; absent if they do not fit.
inline std::optional<std::chrono::microseconds> microseconds_of(double seconds) noexcept {
  double const whole = seconds * 1e6;
  if (!(std::abs(whole) < 9.2e18)) return {};
  return std::chrono::microseconds(static_cast<std::int64_t>(std::llround(whole)));
}

template <class T>
concept plain_value = std::integral<T> || std::floating_point<T> || std::same_as<T, std::string> ||
    std::same_as<T, std::string_view> || std::same_as<T, boost::json::value> ||
    std::same_as<T, byte_size> || is_duration<T>;

} // namespace detail

/// What a value may be read as:
///
///   bool              true or false
///   integers          a number without fraction, within the range of the type
///   float, double     any number
///   std::string       a string
///   std::string_view  likewise, valid as long as the value that it was read from
///   std::chrono       a number of seconds, or a string for parse_duration(); rounded down
///   byte_size         a number of bytes, or a string for parse_size()
///   json::value       anything
///   std::vector       an array of one of these
template <class T>
concept readable = detail::plain_value<T> || detail::is_list<T>;

/// A value as a T; absent if there is none or if it is of another type.
template <readable T>
// NOLINTNEXTLINE(readability-function-cognitive-complexity): one branch for each kind of type
std::optional<T> value_as(boost::json::value const* value) {
  using detail::is_duration;
  if (value == nullptr) return std::nullopt;
  if constexpr (std::same_as<T, boost::json::value>) {
    return *value;
  } else if constexpr (std::same_as<T, bool>) {
    if (auto const* const found = value->if_bool()) return *found;
  } else if constexpr (std::integral<T>) {
    auto const* const found = value->if_int64();
    if (found != nullptr && std::in_range<T>(*found)) return static_cast<T>(*found);
    auto const* const large = value->if_uint64();
    if (large != nullptr && std::in_range<T>(*large)) return static_cast<T>(*large);
  } else if constexpr (std::floating_point<T>) {
    if (auto const* const found = value->if_double()) return static_cast<T>(*found);
    if (auto const* const found = value->if_int64()) return static_cast<T>(*found);
    if (auto const* const found = value->if_uint64()) return static_cast<T>(*found);
  } else if constexpr (std::same_as<T, byte_size>) {
    if (auto const* const text = value->if_string()) {
      auto const size = parse_size(std::string_view(text->data(), text->size()));
      return size ? std::optional<T>(byte_size{*size}) : std::nullopt;
    }
    if (auto const bytes = value_as<std::uint64_t>(value)) return byte_size{*bytes};
  } else if constexpr (is_duration<T>) {
    std::optional<std::chrono::microseconds> time;
    if (auto const* const text = value->if_string()) {
      time = parse_duration(std::string_view(text->data(), text->size()));
    } else if (auto const seconds = value_as<double>(value)) {
      time = detail::microseconds_of(*seconds);
    }
    if (time) return std::chrono::floor<T>(*time);
  } else if constexpr (detail::is_list<T>) {
    auto const* const list = value->if_array();
    if (list == nullptr) return std::nullopt;
    T out;
    out.reserve(list->size());
    for (auto const& element : *list) {
      auto one = value_as<typename T::value_type>(&element);
      if (!one) return std::nullopt;
      out.push_back(std::move(*one));
    }
    return out;
  } else {
    if (auto const* const found = value->if_string()) return T(found->data(), found->size());
  }
  return std::nullopt;
}

} // namespace cfgd::client
