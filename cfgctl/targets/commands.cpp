/// targets, render: files of other programs. They are rendered here as cfgd-apply renders them,
/// with the values that the user may read.

#include "apply/placed_file.hpp"
#include "apply/render.hpp"
#include "apply/report.hpp"
#include "apply/values.hpp"
#include "cfgctl/commands/declare.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/targets/file_diff.hpp"
#include "cfgctl/targets/places.hpp"
#include "cfgctl/text/near.hpp"
#include "cfgctl/text/table.hpp"
#include "cfgctl/text/values.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

struct targets_options {
  std::vector<std::string> names;
  std::string force;
  bool diff = false;
};

struct render_options {
  std::string target;
  std::string path; ///< empty: all files
};

/// A target, and the values that it is rendered from.
struct loaded {
  apply::target which;
  apply::setting_values values;
};

result<apply::target> find_target(apply::target_map const& all, std::string const& name) {
  auto const found = all.find(name);
  if (found != all.end()) return found->second;
  return error{.code = errc::not_found, .message = "there is no target '" + name + '\''};
}

result<loaded> load(context const& all, apply::layout const& places, apply::target const& which) {
  auto values =
      apply::read_values(places.socket, which.keys(), all.time_limit.value_or(default_time_limit));
  if (!values) return error{.code = errc::io, .message = values.error().message};
  return loaded{.which = which, .values = std::move(*values)};
}

std::string details(apply::target_report const& what) {
  std::string out = what.name + ": " + what.state + ", revision " + std::to_string(what.revision);
  if (!what.time.empty()) out += ", " + what.time;
  out += '\n';
  if (!what.path.empty()) out += "  defined in " + what.path + '\n';
  if (!what.unit.empty()) out += "  " + what.action + ' ' + what.unit + '\n';
  for (auto const& file : what.files)
    out += "  " + file + '\n';
  std::string_view rest = what.message;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\n'), rest.size());
    out.append("  ! ").append(rest.substr(0, end)).append(1, '\n');
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string overview(screen const& where, apply::report const& what) {
  if (what.targets.empty()) return "no targets\n";
  table rows({left("TARGET"), left("STATE"), right("REVISION"), left("UNIT"), cuttable("WHY")});
  for (auto const& one : what.targets)
    rows.add({one.name,
              table::cell(one.state, one.state == "applied" ? tint::plain : tint::warning),
              one.revision, one.unit, one.message.substr(0, one.message.find('\n'))});
  return rows.str(where);
}

exit_code show_states(context const& all, targets_options const& what, apply::report reply) {
  if (!what.names.empty())
    std::erase_if(reply.targets, [&](auto const& one) {
      return std::ranges::find(what.names, one.name) == what.names.end();
    });
  if (reply.targets.size() < what.names.size())
    return fail(all, "targets: cfgd-apply has no target '" + what.names.back() + '\'');
  std::string text;
  bool all_applied = true;
  for (auto const& one : reply.targets) {
    text += details(one);
    all_applied &= one.state == "applied";
  }
  show(all, json_of(reply),
       what.names.empty() ? overview(all.where, reply) : for_screen(all.where, text));
  return all_applied ? exit_code::ok : exit_code::refused;
}

/// Waits until cfgd-apply has taken the request.
exit_code force(context const& all, targets_options const& what) {
  auto const places = places_of(all);
  auto const asked = apply::request_force(places.state, what.force);
  if (!asked) return fail(all, "targets: " + to_string(asked.error()));
  auto const end =
      std::chrono::steady_clock::now() + all.time_limit.value_or(std::chrono::minutes(2));
  while (apply::is_requested(places.state, what.force)) {
    if (std::chrono::steady_clock::now() > end)
      return fail(all, "targets: cfgd-apply has not done it in time", exit_code::trouble);
    ::poll(nullptr, 0, 20);
  }
  auto reply = apply::read_report(places.report);
  if (!reply) return fail(all, "targets: " + to_string(reply.error()));
  targets_options one;
  one.names = {what.force};
  return show_states(all, one, std::move(*reply));
}

result<std::string> difference_on_disk(apply::target_file const& file,
                                       apply::setting_values const& values,
                                       std::optional<apply::user> const& as) {
  auto const limit = limits{}.file_bytes;
  auto const bytes = apply::render_file(file, values, limit);
  if (!bytes) return bytes.error();
  auto const placed = apply::placed_file::open(file.path, {::geteuid()}, as);
  if (!placed) return placed.error();
  auto const now = placed->read(limit);
  if (!now) return now.error();
  return file_diff({.name = file.path + (*now ? "" : " (does not exist)"),
                    .text = now->has_value() ? **now : std::string_view()},
                   {.name = file.path + " (rendered)", .text = *bytes});
}

exit_code diff(context const& all, targets_options const& what) {
  auto const places = places_of(all);
  auto const known = read_all_targets(places);
  auto names = what.names;
  if (names.empty())
    for (auto const& [name, one] : known)
      names.push_back(name); // NOLINT: few
  std::string out;
  for (auto const& name : names) {
    auto const found = find_target(known, name);
    if (!found) return fail(all, "targets: " + to_string(found.error()));
    auto const one = load(all, places, *found);
    if (!one) return fail(all, "targets: " + to_string(one.error()));
    for (auto const& file : one->which.files) {
      auto const text = difference_on_disk(file, one->values, one->which.as);
      if (!text) return fail(all, "targets: " + to_string(text.error()));
      out += *text;
    }
  }
  print(for_screen(all.where, out));
  return out.empty() ? exit_code::ok : exit_code::refused;
}

exit_code targets(context const& all, targets_options const& what) {
  if (!what.force.empty()) return force(all, what);
  if (what.diff) return diff(all, what);
  auto reply = apply::read_report(places_of(all).report);
  if (!reply) return fail(all, "targets: " + to_string(reply.error()));
  return show_states(all, what, std::move(*reply));
}

exit_code render(context const& all, render_options const& what) {
  auto const places = places_of(all);
  auto const found = find_target(read_all_targets(places), what.target);
  if (!found) return fail(all, "render: " + to_string(found.error()));
  auto const one = load(all, places, *found);
  if (!one) return fail(all, "render: " + to_string(one.error()));
  std::string out;
  bool is_found = false;
  for (auto const& file : one->which.files) {
    if (!what.path.empty() && what.path != file.path) continue;
    is_found = true;
    auto const bytes = apply::render_file(file, one->values, limits{}.file_bytes);
    if (!bytes) return fail(all, "render: " + to_string(bytes.error()));
    if (one->which.files.size() > 1 && what.path.empty()) out += "==> " + file.path + " <==\n";
    out += *bytes;
  }
  if (!is_found) return fail(all, "render: target '" + what.target + "' has no file " + what.path);
  print(for_screen(all.where, out));
  return exit_code::ok;
}

} // namespace

apply::layout places_of(context const& all) {
  auto out = all.root.empty() ? apply::layout::system() : apply::layout::below(all.root);
  if (!all.socket.empty()) out.socket = all.socket;
  return out;
}

apply::target_map read_all_targets(apply::layout const& places) {
  return apply::read_targets(places.targets, {::geteuid()}, {});
}

void add_target_commands(declarations const& to) {
  auto const listing =
      declare(to, "targets", "Print the state of the files of other programs", targets);
  add_argument(listing.app, "TARGET", listing.options.names, "Only these, with all that is known");
  auto* const forcing = add_option(listing.app, "--force", listing.options.force, "TARGET",
                                   "Apply it now, also over files that were changed by hand");
  listing->add_flag("--diff", listing.options.diff, "What would change in its files now")
      ->excludes(forcing);
  auto const rendering =
      declare(to, "render", "Print what the files of a target would contain", render);
  add_argument(rendering.app, "TARGET", rendering.options.target, "The target")->required();
  add_argument(rendering.app, "PATH", rendering.options.path, "Only this file of it");
}

} // namespace cfgd::cfgctl
