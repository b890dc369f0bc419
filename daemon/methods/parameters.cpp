#include "daemon/methods/parameters.hpp"

#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

// Values are copied out: the storage of a call's parameters ends with the call.

namespace cfgd {

namespace bj = boost::json;

std::vector<std::string> strings_of(bj::object const& parameters, std::string_view name) {
  std::vector<std::string> list;
  if (auto const* const value = parameters.if_contains(name))
    for (auto const& element : value->get_array())
      list.emplace_back(element.get_string());
  return list;
}

std::optional<std::string> string_of(bj::object const& parameters, std::string_view name) {
  auto const* const value = parameters.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> integer_of(bj::object const& parameters, std::string_view name) {
  auto const* const value = parameters.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return value->get_int64();
}

std::optional<revision_number> revision_of(bj::object const& parameters, std::string_view name) {
  auto const number = integer_of(parameters, name);
  if (!number) return std::nullopt;
  return static_cast<revision_number>(*number);
}

bool refuse_negative(ipc::call const& asked, std::initializer_list<std::string_view> names) {
  for (auto const name : names) {
    if (integer_of(asked.parameters, name).value_or(0) >= 0) continue;
    refuse_parameter(asked, name);
    return true;
  }
  return false;
}

bool flag_of(bj::object const& parameters, std::string_view name) {
  auto const* const value = parameters.if_contains(name);
  return value != nullptr && value->get_bool();
}

result<std::vector<key>> parse_keys(std::vector<std::string> const& texts) {
  std::vector<key> keys;
  keys.reserve(texts.size());
  for (auto const& text : texts) {
    auto parsed = key::parse(text);
    if (!parsed) return parsed.error();
    keys.push_back(std::move(*parsed));
  }
  return keys;
}

result<std::vector<value_path>> parse_paths(std::vector<std::string> const& texts) {
  std::vector<value_path> paths;
  paths.reserve(texts.size());
  for (auto const& text : texts) {
    auto parsed = parse_value_path(text);
    if (!parsed) return parsed.error();
    paths.push_back(std::move(*parsed));
  }
  return paths;
}

error bad_namespace(std::string_view text) {
  return {
      .code = errc::bad_key, .message = "not a valid namespace name", .subject = std::string(text)};
}

std::set<std::string> namespaces_of(std::vector<value_path> const& keys) {
  std::set<std::string> names;
  for (auto const& one : keys)
    names.insert(one.base.name_space());
  return names;
}

result<std::chrono::seconds> check_seconds(std::int64_t seconds, std::string_view name,
                                           limits const& bounds) {
  if (seconds <= 0)
    return error{.code = errc::bad_value,
                 .message = std::string(name) + " must be greater than zero",
                 .subject = std::string(name)};
  auto const longest =
      std::chrono::duration_cast<std::chrono::seconds>(bounds.pending_change_time).count();
  if (seconds > longest)
    return error{.code = errc::limit,
                 .message = "the time is longer than the maximum",
                 .subject = "pending_change_time",
                 .used = static_cast<std::uint64_t>(seconds),
                 .maximum = static_cast<std::uint64_t>(longest)};
  return std::chrono::seconds(seconds);
}

result<std::optional<engine::expiry>> read_expiry(bj::object const& parameters,
                                                  limits const& bounds) {
  constexpr std::string_view confirm = "confirmSeconds";
  constexpr std::string_view expire = "expireSeconds";
  auto const confirmed = integer_of(parameters, confirm);
  auto const expires = integer_of(parameters, expire);
  bool const until_applied = flag_of(parameters, "untilApplied");
  if (until_applied && !confirmed)
    return error{.code = errc::bad_value,
                 .message = "untilApplied needs confirmSeconds",
                 .subject = "untilApplied"};
  if (!confirmed && !expires) return std::optional<engine::expiry>();
  if (confirmed && expires)
    return error{.code = errc::bad_value,
                 .message = "only one of confirmSeconds and expireSeconds may be set",
                 .subject = std::string(expire)};
  auto const time = confirmed ? check_seconds(*confirmed, confirm, bounds)
                              : check_seconds(*expires, expire, bounds);
  if (!time) return time.error();
  using kind = engine::expiry::kind;
  return std::optional(engine::expiry{.what = until_applied ? kind::applied
                                              : confirmed   ? kind::confirm
                                                            : kind::expire,
                                      .after = *time});
}

origin writer_of(ipc::peer const& who) {
  return {.where = layer::overrides,
          .path = {},
          .at = {},
          .uid = who.uid,
          .gid = who.gid,
          .pid = who.pid,
          .unit = who.unit.value_or(std::string()),
          .revision = 0};
}

} // namespace cfgd
