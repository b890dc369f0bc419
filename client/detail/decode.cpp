#include "client/detail/decode.hpp"

#include "client/detail/methods.hpp"
#include "client/detail/wire.hpp"

#include <utility>

namespace cfgd::client::detail {
namespace {

template <class Method>
auto decode_reply(Method const& what, boost::json::object&& from) {
  using reply = typename Method::reply;
  auto whole = decode<reply>(what.name, std::move(from));
  using outcome = decltype(give_result(std::declval<reply>()));
  return whole ? give_result(std::move(*whole)) : outcome(std::move(whole).error());
}

template <class T>
result<T> decode_one(boost::json::object& from, std::string_view name) {
  auto* const found = from.if_contains(name);
  T out{};
  fault why;
  if (found != nullptr && read(*found, out, why)) return out;
  return protocol("the field '" + std::string(name) + "' " + why.wrong);
}

template <class Request>
boost::json::object object_of(Request const& what) {
  std::string const text = encode(what);
  return text.empty() ? boost::json::object() : json::parse(text).value().as_object();
}

} // namespace

result<explanation> decode_explanation(boost::json::object&& from) {
  return decode_reply(methods::explain, std::move(from));
}
result<service_status> decode_status(boost::json::object&& from) {
  return decode_reply(methods::status, std::move(from));
}
result<std::vector<source_file>> decode_sources(boost::json::object&& from) {
  return decode_reply(methods::sources, std::move(from));
}
result<cache_stats> decode_cache_stats(boost::json::object&& from) {
  return decode_reply(methods::cache, std::move(from));
}
result<health_report> decode_health(boost::json::object&& from) {
  return decode_reply(methods::health, std::move(from));
}
result<problem_report> decode_problems(boost::json::object&& from) {
  return decode_reply(methods::problems, std::move(from));
}
result<std::vector<pending_change>> decode_pending(boost::json::object&& from) {
  return decode_reply(methods::list_pending, std::move(from));
}
result<change_log> decode_log(boost::json::object&& from) {
  return decode_reply(methods::log, std::move(from));
}
result<std::vector<blame_line>> decode_blame(boost::json::object&& from) {
  return decode_reply(methods::blame, std::move(from));
}
result<revision_number> decode_oldest(boost::json::object&& from) {
  return decode_reply(methods::compact, std::move(from));
}
result<revision_number> decode_revision(boost::json::object&& from) {
  return decode_reply(methods::sync, std::move(from));
}

result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field) {
  return decode_one<std::int64_t>(from, field);
}
result<std::string> decode_text(boost::json::object&& from, std::string_view field) {
  return decode_one<std::string>(from, field);
}
result<std::vector<std::string>> decode_names(boost::json::object&& from, std::string_view field) {
  return decode_one<std::vector<std::string>>(from, field);
}

std::vector<issue> decode_issues(boost::json::object const& from, std::string_view field) {
  auto copy = from;
  auto out = decode_one<std::vector<issue>>(copy, field);
  return out ? std::move(*out) : std::vector<issue>();
}

boost::json::object parameters_of(log_query const& what) { return object_of(what); }
boost::json::object parameters_of(problem_query const& what) { return object_of(what); }
boost::json::object revision_parameters(revision_number revision) {
  return object_of(revision_request{revision});
}
boost::json::object extend_parameters(revision_number revision, std::chrono::seconds time) {
  return object_of(extend_request{revision, time});
}
boost::json::object check_parameters(std::vector<std::string> const& names) {
  return object_of(checks_request{&names});
}

} // namespace cfgd::client::detail
