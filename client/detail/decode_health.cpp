/// Reading what the service says about its health. decode.cpp tells how replies are read.

#include "client/detail/decode.hpp"
#include "client/detail/fields.hpp"

namespace cfgd::client::detail {
namespace {

std::optional<health_check> read_check(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  health_check out;
  out.name = own.text("name");
  out.status = own.text("status");
  out.message = own.text("message");
  if (auto const* const details = own.optional_object("details")) out.details = *details;
  out.duration = std::chrono::duration<double, std::milli>(own.number("durationMs"));
  out.time = own.text("time");
  if (!own.complete()) return {};
  return out;
}

std::optional<problem> read_problem(boost::json::value const& from) {
  auto const* const inner = from.if_object();
  if (inner == nullptr) return {};
  fields own(*inner);
  problem out;
  out.id = own.count("id");
  out.kind = own.text("kind");
  out.message = own.text("message");
  out.source = own.text("source");
  out.recoverable = own.flag("recoverable");
  out.recovery = own.text("recovery");
  out.time = own.text("time");
  out.count = own.count("count");
  if (auto const* const context = own.optional_object("context")) out.context = *context;
  out.last_time = own.optional_text("lastTime");
  out.resolved = own.optional_text("resolved");
  if (!own.complete()) return {};
  return out;
}

} // namespace

result<health_report> decode_health(boost::json::object&& from) {
  fields own(from);
  health_report out;
  out.status = own.text("status");
  out.checks = read_list(own.list("checks"), "checks", own, read_check);
  return finish(own, std::move(out));
}

result<problem_report> decode_problems(boost::json::object&& from) {
  fields own(from);
  problem_report out;
  out.problems = read_list(own.list("problems"), "problems", own, read_problem);
  if (auto const* const by_kind = own.optional_object("counts")) {
    for (auto const& member : *by_kind) {
      auto const* const count = member.value().if_int64();
      if (count == nullptr) own.miss("counts");
      if (count != nullptr) out.counts.emplace_back(member.key(), *count);
    }
  } else {
    own.miss("counts");
  }
  out.critical = own.flag("critical");
  return finish(own, std::move(out));
}

boost::json::object check_parameters(std::vector<std::string> const& names) {
  boost::json::object out;
  if (!names.empty()) out["names"] = boost::json::array(names.begin(), names.end());
  return out;
}

boost::json::object parameters_of(problem_query const& what) {
  boost::json::object out;
  if (!what.kind.empty()) out["kind"] = what.kind;
  if (what.limit) out["limit"] = *what.limit;
  return out;
}

} // namespace cfgd::client::detail
