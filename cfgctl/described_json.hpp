#pragma once

#include "client/detail/wire.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string_view>
#include <utility>

/// The structs of the client as JSON, with the names that they have on the wire.
namespace cfgd::cfgctl {

namespace wire = client::detail;

/// What a reply has been decoded to, for --json. Members that are absent are left out.
template <class T>
boost::json::value json_of(T const& what) {
  if constexpr (wire::is_list<T>) {
    boost::json::array out;
    for (auto const& one : what)
      out.push_back(json_of(one));
    return out;
  } else if constexpr (wire::described<T>) {
    boost::json::object out;
    wire::for_each_member<T>(what,
                             [&]<class Member>(Member const& member, std::string_view name, auto) {
                               if constexpr (wire::is_optional<Member>) {
                                 if (member) out[name] = json_of(*member);
                               } else {
                                 out[name] = json_of(member);
                               }
                             });
    return out;
  } else {
    return boost::json::value(what);
  }
}

/// The parameters of a call.
template <wire::described Request>
boost::json::object parameters_of(Request const& what) {
  auto const text = wire::encode(what);
  if (text.empty()) return {};
  return std::move(json::parse(text).value().get_object());
}

} // namespace cfgd::cfgctl
