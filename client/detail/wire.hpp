#pragma once

#include "client/detail/described.hpp"
#include "client/detail/failures.hpp"
#include "client/value.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The walker over described structs: from a struct to the parameters of a call, from the
/// parameters of a reply to a struct, and one part of a reply into another. No I/O.
namespace cfgd::client::detail {

template <class T>
concept described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Which field of a reply could not be read.
struct fault {
  std::string path;                 ///< "checks[2].status"
  char const* wrong = "is missing"; ///< a predicate
};

// Reading. Each read takes `from` apart and gives false, with `why`, if it is of a wrong type.

template <class T>
bool read(boost::json::value& from, T& into, fault& why);

inline bool is_not(char const* expected, fault& why) {
  why.wrong = expected;
  return false;
}

template <class T>
bool read_list(boost::json::array& from, std::vector<T>& into, fault& why) {
  into.reserve(from.size());
  for (std::size_t at = 0; at < from.size(); ++at) {
    T one;
    if (read(from[at], one, why)) {
      into.push_back(std::move(one));
    } else if (std::same_as<T, issue>) {
      why = {}; // issues only inform: a malformed one must not make a good reply useless
    } else {
      why.path.insert(0, '[' + std::to_string(at) + ']' + (why.path.empty() ? "" : "."));
      return false;
    }
  }
  return true;
}

/// Reads {"name": ...} into a list. An element has the name and what belongs to it.
template <class T>
bool read_map(boost::json::object& from, std::vector<T>& into, fault& why) {
  for (auto& member : from) {
    T one;
    bool good = false;
    if constexpr (std::same_as<T, namespace_cache>) {
      one.name_space = member.key();
      good = read(member.value(), one, why);
    } else {
      one.first = member.key();
      good = read(member.value(), one.second, why);
    }
    if (!good) {
      why.path.insert(0, std::string(member.key()) + (why.path.empty() ? "" : "."));
      return false;
    }
    into.push_back(std::move(one));
  }
  return true;
}

template <class T>
inline constexpr bool is_map_entry = std::same_as<T, namespace_cache>;
template <class T>
inline constexpr bool is_map_entry<std::pair<std::string, T>> = true;

/// Whether a member that has no rule of its own may be absent.
template <class T>
inline constexpr bool may_be_absent =
    is_optional<T> || is_list<T> || std::same_as<T, boost::json::object>;

template <described T>
bool read_members(boost::json::object& from, T& into, fault& why) {
  bool good = true;
  for_each_member<T>(into, [&]<class Member>(Member& member, std::string_view name, presence when) {
    if (!good) return;
    auto* const found = from.if_contains(name);
    if (found == nullptr || found->is_null()) {
      good = when == presence::by_type ? may_be_absent<Member> : when == presence::optional;
      if (!good) why.path = name;
    } else if (!read(*found, member, why)) {
      good = false;
      std::string_view const between = why.path.empty() || why.path.front() == '[' ? "" : ".";
      why.path.insert(0, std::string(name).append(between));
    }
  });
  return good;
}

/// The optional value of a key comes as an object with one member, {"site.title": "Hello"}.
inline bool read_only_value(boost::json::value& from, std::optional<boost::json::value>& into,
                            fault& why) {
  auto* const values = from.if_object();
  if (values == nullptr) return is_not("is not an object", why);
  if (!values->empty()) into = std::move(values->begin()->value());
  return true;
}

template <class T>
bool read_number(boost::json::value const& from, T& into, fault& why) {
  auto const* const number = from.if_int64();
  if (number == nullptr || (std::is_unsigned_v<T> && *number < 0)) {
    return is_not(std::is_unsigned_v<T> ? "is not a whole number from 0" : "is not a whole number",
                  why);
  }
  into = static_cast<T>(*number);
  return true;
}

template <class T>
bool read_list_or_map(boost::json::value& from, T& into, fault& why) {
  if constexpr (is_map_entry<typename T::value_type>) {
    auto* const map = from.if_object();
    return map != nullptr ? read_map(*map, into, why) : is_not("is not an object", why);
  } else {
    auto* const list = from.if_array();
    return list != nullptr ? read_list(*list, into, why) : is_not("is not an array", why);
  }
}

template <class T>
bool read_object(boost::json::value& from, T& into, fault& why) {
  auto* const inner = from.if_object();
  if (inner == nullptr) return is_not("is not an object", why);
  if constexpr (described<T>) {
    return read_members(*inner, into, why);
  } else {
    into = std::move(*inner);
    return true;
  }
}

template <class T>
bool read_scalar(boost::json::value const& from, T& into, fault& why) {
  if constexpr (std::same_as<T, std::string>) {
    auto const* const text = from.if_string();
    if (text != nullptr) into = *text;
    return text != nullptr || is_not("is not a string", why);
  } else if constexpr (std::same_as<T, bool>) {
    auto const* const flag = from.if_bool();
    if (flag != nullptr) into = *flag;
    return flag != nullptr || is_not("is not a boolean", why);
  } else if constexpr (std::integral<T>) {
    return read_number(from, into, why);
  } else {
    if (!from.is_double() && !from.is_int64()) return is_not("is not a number", why);
    into = T(from.to_number<double>()); // a duration in the unit of its type
    return true;
  }
}

template <class T>
bool read(boost::json::value& from, T& into, fault& why) {
  if constexpr (std::same_as<T, std::optional<boost::json::value>>) {
    return read_only_value(from, into, why);
  } else if constexpr (is_optional<T>) {
    return read(from, into.emplace(), why);
  } else if constexpr (is_list<T>) {
    return read_list_or_map(from, into, why);
  } else if constexpr (described<T> || std::same_as<T, boost::json::object>) {
    return read_object(from, into, why);
  } else {
    return read_scalar(from, into, why);
  }
}

/// Takes what the struct has out of the parameters of a reply of `method`, and ignores what else is
/// there. Errors: protocol, naming the method and the field.
template <described T>
[[nodiscard]] result<T> decode(std::string_view method, boost::json::object&& from) {
  T out;
  fault why;
  if (read_members(from, out, why)) return out;
  return unexpected_reply(method, "the field '" + why.path + "' " + why.wrong);
}

/// What a function gives of a reply: nothing of one without fields, the field of one that has one
/// field, else all.
template <class Reply>
auto give_result(Reply from) {
  constexpr auto fields = boost::mp11::mp_size<members_of<Reply>>::value;
  if constexpr (fields == 0) {
    return result<void>();
  } else if constexpr (fields == 1) {
    auto& [field] = from;
    return result<std::remove_reference_t<decltype(field)>>(std::move(field));
  } else {
    return result<Reply>(std::move(from));
  }
}

/// Adds the next part of a reply to those before: lists and objects grow, the rest is replaced.
template <class T>
void merge(T& into, std::type_identity_t<T>&& part) {
  if constexpr (described<T>) {
    boost::mp11::mp_for_each<members_of<T>>([&]<class Member>(Member) {
      merge(into.*Member::pointer, std::move(part.*Member::pointer));
    });
  } else if constexpr (is_list<T>) {
    into.insert(into.end(), std::move_iterator(part.begin()), std::move_iterator(part.end()));
  } else if constexpr (std::same_as<T, boost::json::object>) {
    if (into.empty()) {
      into = std::move(part);
      return;
    }
    for (auto& member : part)
      into.insert_or_assign(member.key(), std::move(member.value()));
  } else {
    into = std::move(part);
  }
}

// Writing. Text is written at once: Get and Set are what programs call all day.

/// The text of an object, members in their order.
std::string object_text(boost::json::object const& what);
/// The same; empty if it has no members, as `encode`.
std::string parameters_text(boost::json::object const& what);
void append_names(std::string& out, std::vector<std::string> const& names);

template <class T>
bool is_left_out(T const& value) {
  if constexpr (std::is_pointer_v<T>) {
    // A document may be empty: it is an argument all the same.
    return value == nullptr || (is_list<std::remove_cvref_t<decltype(*value)>> && value->empty());
  } else if constexpr (is_optional<T>) {
    return !value.has_value();
  } else if constexpr (std::same_as<T, commit_mode>) {
    return value == commit_mode::apply;
  } else if constexpr (std::same_as<T, log_detail>) {
    return value == log_detail::keys;
  } else if constexpr (std::same_as<T, value_spelling>) {
    return value == value_spelling::typed;
  } else if constexpr (std::same_as<T, rollback_kind>) {
    return value == rollback_kind::lasting;
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return false;
  }
}

template <class T>
void append_value(std::string& out, T const& value) {
  if constexpr (is_optional<T> || std::is_pointer_v<T>) {
    append_value(out, *value);
  } else if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    out += "true"; // commit_mode::check, log_detail::values, ...; the other one is left out
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    json::append_string(out, value);
  } else if constexpr (is_list<T>) {
    append_names(out, value);
  } else if constexpr (std::same_as<T, boost::json::object>) {
    out += object_text(value);
  } else if constexpr (std::same_as<T, std::chrono::seconds>) {
    out += std::to_string(value.count());
  } else {
    out += std::to_string(value);
  }
}

/// The parameters of a call as the text of a JSON object; empty if there are none. What is empty or
/// absent is not sent, so that an older service, which does not know a field, only rejects calls
/// that need it.
template <described T>
std::string encode(T const& what) {
  std::string out;
  for_each_member<T>(what, [&](auto const& member, std::string_view name, presence when) {
    if (when != presence::required && is_left_out(member)) return;
    out += out.empty() ? '{' : ',';
    json::append_string(out, name);
    out += ':';
    append_value(out, member);
  });
  if (!out.empty()) out += '}';
  return out;
}

} // namespace cfgd::client::detail
