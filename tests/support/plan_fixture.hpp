#pragma once

#include "engine/plan.hpp"
#include "tests/support/store_requests.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::test {

/// A model without a store: what the engine decides is durable at once. History has only revision
/// 0, and revisions of the transaction that is planned.
struct plan_fixture {
  limits bounds;
  engine::model state;
  engine::validator policy_validator{bounds};
  engine::plan::past history =
      [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    return error{.code = errc::not_found};
  };
  engine::write_set written; ///< by the last transaction

  /// Decides requests as one transaction.
  std::vector<engine::decision> decide_together(std::vector<engine::request> const& all) {
    engine::plan planned(state, policy_validator, bounds, at(), history);
    std::vector<engine::decision> decisions;
    decisions.reserve(all.size());
    for (auto const& one : all)
      decisions.push_back(planned.apply(one));
    written = planned.writes();
    std::move(planned).advance(state);
    return decisions;
  }
  engine::decision decide(engine::request const& one) {
    return std::move(decide_together({one}).front());
  }
  engine::committed_change must(engine::request const& one) { return decide(one).value(); }
  error refusal(engine::request const& one) { return decide(one).error(); }

  std::string text(std::string_view name) const {
    auto const found = state.namespaces.find(name);
    bool const has_text = found != state.namespaces.end() && found->second.value.text;
    return has_text ? *found->second.value.text : "(none)";
  }
  engine::source_status status(std::string_view source) const {
    return engine::find_source(state, to_source(source))->row.status;
  }
};

} // namespace cfgd::test
