#include "daemon/methods/report_methods.hpp"

#include "core/log.hpp"
#include "daemon/methods/reply.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

// Everybody may read what went wrong and how much: there are no values in it. What is cleared is
// gone for all, so that is for administrators.

namespace cfgd {
namespace {

namespace bj = boost::json;

void refuse_parameter(ipc::call const& asked, std::string_view name) {
  asked.answer.fail("org.varlink.service.InvalidParameter", ipc::one_parameter("parameter", name));
}

} // namespace

report_methods::report_methods(problems_keeper& wrong, metrics::registry const& figures,
                               access_policy const& access)
    : wrong_(wrong), figures_(figures), access_(access) {}

void report_methods::bind_to(ipc::server& server) {
  server.bind("io.cfgd.Service.Problems", [this](ipc::call const& asked) { list(asked); });
  server.bind("io.cfgd.Service.ClearProblems", [this](ipc::call const& asked) { clear(asked); });
  server.bind("io.cfgd.Service.Metrics", [this](ipc::call const& asked) { metrics(asked); });
  server.bind("io.cfgd.Service.Figures", [this](ipc::call const& asked) { figures(asked); });
}

void report_methods::list(ipc::call const& asked) const {
  std::optional<problem_kind> kind;
  if (auto const* const name = asked.parameters.if_contains("kind")) {
    kind = parse_problem_kind(name->get_string());
    if (!kind) return refuse_parameter(asked, "kind");
  }
  std::size_t limit = problems::most;
  if (auto const* const most = asked.parameters.if_contains("limit")) {
    if (most->get_int64() < 0) return refuse_parameter(asked, "limit");
    limit = static_cast<std::size_t>(most->get_int64());
  }
  auto const& kept = wrong_.kept();
  bj::array list;
  for (auto const* const one : kept.list(kind, limit))
    list.push_back(to_json(*one));
  bj::object counts;
  for (std::size_t each = 0; each < problem_kinds; ++each)
    if (auto const count = kept.counts().at(each); count != 0)
      counts[to_string(static_cast<problem_kind>(each))] = count;
  bj::object out{{"critical", kept.critical()}};
  out["problems"] = std::move(list);
  out["counts"] = std::move(counts);
  ipc::responder answer = asked.answer;
  reply(answer, out);
}

void report_methods::clear(ipc::call const& asked) {
  auto const may = access_.authorize(asked.from, operation::administer, {});
  if (!may) {
    refuse(asked, service_interface, may.error());
    return;
  }
  log::write(log::level::notice, "the list of problems was cleared",
             {{"CFGD_PEER_UID", std::to_string(asked.from.uid)},
              {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  wrong_.clear();
  asked.answer.reply();
}

void report_methods::metrics(ipc::call const& asked) const {
  asked.answer.reply(ipc::one_parameter("text", figures_.text()));
}

void report_methods::figures(ipc::call const& asked) const {
  asked.answer.reply("{\"figures\":" + figures_.json() + "}");
}

} // namespace cfgd
