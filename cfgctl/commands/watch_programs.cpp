/// The input of a program of `watch --exec`.
///
/// Changes that arrive while a program runs are merged key by key, so that they are never larger
/// than the watched values. The next run gets only the latest values: a program that uses the
/// current values has no use for those in between.

#include "cfgctl/commands/watch_programs.hpp"

#include "cfgctl/text/values.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cfgd::cfgctl {
namespace {

/// The kernel allows 128 KiB for one variable (execve(2)).
constexpr std::size_t most_bytes = 64 * 1024;

/// One key a line: keys contain no newline.
std::string lines_of(client::watch_event const& event) {
  std::string out;
  auto const add = [&](std::string_view key) {
    if (out.size() + key.size() >= most_bytes) return;
    if (!out.empty()) out += '\n';
    out.append(key);
  };
  for (auto const& member : event.values)
    add(member.key());
  for (auto const& key : event.removed)
    add(key);
  return out;
}

std::string_view kind_of(client::watch_event const& event) {
  if (event.resync) return "resync";
  return event.ready ? "state" : "change";
}

} // namespace

void merged_events::add(client::watch_event&& event) {
  if (!waiting_) {
    waiting_ = std::move(event);
    return;
  }
  auto& all = *waiting_;
  for (auto& member : event.values) {
    std::erase(all.removed, std::string_view(member.key()));
    all.values[member.key()] = std::move(member.value());
  }
  for (auto& key : event.removed) {
    all.values.erase(key);
    if (std::ranges::find(all.removed, key) == all.removed.end()) {
      all.removed.push_back(std::move(key));
    }
  }
  all.revision = event.revision;
  all.resync = all.resync || event.resync;
  all.from.reset(); // there are several
}

merged_events::handover merged_events::take() {
  client::watch_event const event = std::exchange(waiting_, std::nullopt).value();
  handover out;
  out.environment = {"CFGD_REVISION=" + std::to_string(event.revision),
                     "CFGD_KEYS=" + lines_of(event),
                     std::string("CFGD_EVENT=").append(kind_of(event))};
  out.input = event_json({}, event);
  return out;
}

} // namespace cfgd::cfgctl
