#include "core/log.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"
#include "engine/validator.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <utility>

// Problems and figures have no values in them. Figures name no namespace, so everybody may read
// them; of problems those are left out that are about hidden namespaces, or may be. Problems that
// are cleared are gone for all, so clearing needs the right to administer.

namespace cfgd::methods {

namespace bj = boost::json;

namespace {

/// Whether a problem names namespaces, and only such as the caller may read. What a refusal says is
/// about others and their entries, and a rule that cannot be evaluated may name any namespace.
bool is_about_visible(problem const& what, visible_namespaces const& may_read) {
  if (what.what->name == "call_refused") return false;
  if (what.message.find(engine::unevaluated) != std::string::npos) return false;
  bool is_visible = false;
  for (auto const& [name, text] : what.context) {
    if (name == "issue" && text.find(engine::unevaluated) != std::string::npos) return false;
    if (name != "namespace") continue;
    if (!may_read(text)) return false;
    is_visible = true;
  }
  return is_visible;
}

/// The problems that are listed and visible.
problems::by_kind counts_of(problems const& kept, visible_namespaces const& may_read) {
  problems::by_kind counts{};
  for (auto const* const one : kept.list())
    if (is_about_visible(*one, may_read))
      counts.at(static_cast<std::size_t>(one->kind)) += one->count;
  return counts;
}

} // namespace

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
  auto const may_read = asked.by.visible();
  bool const shows_all = may_read.everything();
  auto all = kept.list(kind);
  if (!shows_all)
    std::erase_if(all, [&](problem const* one) { return !is_about_visible(*one, may_read); });
  if (all.size() > limit) all.resize(limit);
  bj::array list;
  for (auto const* const one : all)
    list.push_back(to_json(*one));
  auto const counted = shows_all ? kept.counts() : counts_of(kept, may_read);
  bj::object counts;
  for (std::size_t each = 0; each < problem_kinds; ++each)
    if (auto const count = counted.at(each); count != 0)
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
  work_in_steps(asked.answer, [&with, answer = asked.answer, text = std::string(),
                               next = std::size_t{0}]() mutable {
    time_share const share;
    while (next < with.figures.size()) {
      with.figures.append_text(text, next++);
      if (share.is_over()) return true;
    }
    text += metrics::open_metrics_end;
    answer.reply(ipc::one_parameter("text", text));
    return false;
  });
}

void show_figures(method_context& with, authorized_call const& asked) {
  work_in_steps(asked.answer, [&with, answer = asked.answer, text = std::string("{\"figures\":["),
                               next = std::size_t{0}]() mutable {
    time_share const share;
    while (next < with.figures.size()) {
      with.figures.append_json(text, next++);
      if (share.is_over()) return true;
    }
    answer.reply(text += "]}");
    return false;
  });
}

} // namespace cfgd::methods
