#pragma once

#include "client/call_error.hpp"
#include "client/detail/failures.hpp"
#include "client/types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Reading the fields of one reply: for the decode functions alone.
namespace cfgd::client::detail {

/// The fields of an object. Remembers the first one that was needed and not found, or that has a
/// wrong type. Valid as long as the object.
class fields {
 public:
  explicit fields(boost::json::object const& from) : from_(from) {}

  boost::json::value const* find(std::string_view name) const {
    boost::json::value const* const found = from_.if_contains(name);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }

  std::optional<std::int64_t> optional_count(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return {};
    if (auto const* number = found->if_int64()) return *number;
    miss(name);
    return {};
  }

  std::int64_t count(std::string_view name) {
    auto const found = optional_count(name);
    if (!found) miss(name);
    return found.value_or(0);
  }

  double number(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found != nullptr && found->is_double()) return found->get_double();
    if (found != nullptr && found->is_int64()) return static_cast<double>(found->get_int64());
    miss(name);
    return 0;
  }

  revision_number revision(std::string_view name = "revision") {
    std::int64_t const found = count(name);
    if (found < 0) miss(name);
    return found < 0 ? 0 : static_cast<revision_number>(found);
  }

  std::optional<std::string> optional_text(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return {};
    if (auto const* text = found->if_string()) return std::string(*text);
    miss(name);
    return {};
  }

  std::string text(std::string_view name) {
    auto found = optional_text(name);
    if (!found) miss(name);
    return std::move(found).value_or("");
  }

  bool optional_flag(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return false;
    if (auto const* flag = found->if_bool()) return *flag;
    miss(name);
    return false;
  }

  bool flag(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_flag(name);
  }

  std::vector<std::string> optional_names(std::string_view name) {
    std::vector<std::string> out;
    for (auto const& element : optional_list(name)) {
      if (auto const* text = element.if_string()) {
        out.emplace_back(*text);
      } else {
        miss(name);
      }
    }
    return out;
  }

  std::vector<std::string> names(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_names(name);
  }

  boost::json::array const& optional_list(std::string_view name) {
    static boost::json::array const none;
    boost::json::value const* const found = find(name);
    if (found == nullptr) return none;
    if (auto const* list = found->if_array()) return *list;
    miss(name);
    return none;
  }

  boost::json::array const& list(std::string_view name) {
    if (find(name) == nullptr) miss(name);
    return optional_list(name);
  }

  boost::json::object const* optional_object(std::string_view name) {
    boost::json::value const* const found = find(name);
    if (found == nullptr) return nullptr;
    if (auto const* inner = found->if_object()) return inner;
    miss(name);
    return nullptr;
  }

  void miss(std::string_view name) {
    if (bad_.empty()) bad_ = name;
  }

  bool complete() const { return bad_.empty(); }

  call_error why() const {
    return protocol("the field '" + bad_ + "' is missing or has a wrong type");
  }

 private:
  boost::json::object const& from_;
  std::string bad_;
};

/// Takes an object out of a reply without copying it.
inline boost::json::object take_object(boost::json::object& from, std::string_view name,
                                       fields& told) {
  boost::json::value* const found = from.if_contains(name);
  if (found == nullptr || found->is_null()) return {};
  if (auto* inner = found->if_object()) return std::move(*inner);
  told.miss(name);
  return {};
}

/// The value of an object with one member, {key: value}.
inline std::optional<boost::json::value> only_value(boost::json::object const* values) {
  if (values == nullptr || values->empty()) return {};
  return values->begin()->value();
}

/// `out` if all was there.
template <class T>
result<T> finish(fields const& told, T&& out) {
  if (!told.complete()) return told.why();
  return std::forward<T>(out);
}

/// Reads each element of a list; one that makes no sense is a missing field.
template <class Read>
auto read_list(boost::json::array const& from, std::string_view name, fields& told, Read read) {
  std::vector<typename decltype(read(boost::json::value()))::value_type> out;
  for (auto const& element : from) {
    if (auto one = read(element)) {
      out.push_back(std::move(*one));
    } else {
      told.miss(name);
    }
  }
  return out;
}

// What several replies hold. Absent if it makes no sense.

origin read_origin(boost::json::object const& from, fields& told);
std::optional<issue> read_issue(boost::json::value const& from);
std::optional<pending_change> read_pending(boost::json::value const& from);

} // namespace cfgd::client::detail
