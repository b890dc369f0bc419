/// What the walker needs that does not depend on a type.

#include "client/detail/wire.hpp"

namespace cfgd::client {

std::optional<refusal> refusal_of(call_error const& why) {
  if (why.kind != failure::refused || !why.name.ends_with(".Invalid")) return {};
  boost::json::object parameters = why.parameters;
  auto out = detail::decode<refusal>(why.name, std::move(parameters));
  return out ? std::move(*out) : refusal();
}

namespace detail {

std::string object_text(boost::json::object const& what) {
  std::string out = "{";
  for (auto const& member : what) {
    if (out.size() > 1) out += ',';
    json::append_string(out, member.key());
    out += ':';
    json::append_compact(out, member.value());
  }
  out += '}';
  return out;
}

std::string parameters_text(boost::json::object const& what) {
  return what.empty() ? std::string() : object_text(what);
}

void append_names(std::string& out, std::vector<std::string> const& names) {
  out += '[';
  for (auto const& name : names) {
    if (&name != &names.front()) out += ',';
    json::append_string(out, name);
  }
  out += ']';
}

} // namespace detail
} // namespace cfgd::client
