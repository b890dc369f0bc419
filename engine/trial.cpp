#include "engine/trial.hpp"

#include "engine/plan.hpp"

#include <iterator>
#include <utility>

// A plan needs no store: it is made over an empty model, and thrown away.

namespace cfgd::engine {

result<trial> try_sources(file_change const& asked, limits const& bounds) {
  model const nothing;
  validator policy_validator(bounds);
  plan planned(
      nothing, policy_validator, bounds, wall_time{},
      [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
        return error{.code = errc::not_found};
      });
  auto done = planned.apply(request(asked));
  if (!done) return done.error();
  trial out{.refused = {},
            .warnings = std::move(done->warnings),
            .effectives = std::move(done->effectives)};
  for (auto& one : done->transitions)
    if (one.now.status != source_status::active) out.refused.push_back(std::move(one));
  return out;
}

} // namespace cfgd::engine
