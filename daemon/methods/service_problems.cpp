#include "core/log.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

// Problems and figures have no values in them, so everybody may read them. Problems that are
// cleared are gone for all, so clearing needs the right to administer.

namespace cfgd::methods {

namespace bj = boost::json;

void list_problems(method_context& with, authorized_call const& asked) {
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
  auto const& kept = with.problems.kept();
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
  reply(asked.answer, out);
}

void clear_problems(method_context& with, authorized_call const& asked) {
  log::write(log::level::notice, "the list of problems was cleared",
             {{"CFGD_PEER_UID", std::to_string(asked.from.uid)},
              {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  with.problems.clear();
  asked.answer.reply();
}

void show_metrics(method_context& with, authorized_call const& asked) {
  asked.answer.reply(ipc::one_parameter("text", with.figures.text()));
}

void show_figures(method_context& with, authorized_call const& asked) {
  asked.answer.reply("{\"figures\":" + with.figures.json() + "}");
}

} // namespace cfgd::methods
