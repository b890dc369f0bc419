#include "engine/check_files.hpp"

#include "engine/plan.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// A plan needs no store: this one is made over an empty model and thrown away.

namespace cfgd::engine {

result<checked_files> check_files(file_change const& asked, limits const& bounds) {
  model all;
  validator policy_validator(bounds);
  plan planned(
      all, policy_validator, bounds, wall_time{},
      [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
        return error{.code = errc::not_found};
      });
  auto done = planned.apply(request(asked));
  if (!done) return done.error();
  std::move(planned).advance(all);
  checked_files out{.rejected = {},
                    .warnings = std::move(done->warnings),
                    .effectives = std::move(done->effectives),
                    .active_policy = std::move(all.active_policy)};
  for (auto& one : done->transitions) {
    if (one.now.status != source_status::active)
      out.rejected.push_back(std::move(one));
    else if (one.now.why)
      std::ranges::move(one.now.why->issues, std::back_inserter(out.warnings));
  }
  return out;
}

} // namespace cfgd::engine
