#include "daemon/visible.hpp"

#include "core/key.hpp"
#include "daemon/access.hpp"
#include "engine/validator.hpp"

#include <algorithm>
#include <random>

namespace cfgd {
namespace {

/// A valid name that nobody gives a namespace: it is drawn anew by every process.
std::string const& absent_name() {
  static std::string const drawn = [] {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device source;
    std::uniform_int_distribution<std::size_t> pick(0, letters.size() - 1);
    std::string name = "x";
    while (name.size() < 48)
      name += letters[pick(source)];
    return name;
  }();
  return drawn;
}

} // namespace

bool visible_namespaces::operator()(std::string_view name_space) const {
  return policy_->allows(who_, right::read, name_space);
}

bool visible_namespaces::secrets_of(std::string_view name_space) const {
  return policy_->allows(who_, right::secret, name_space);
}

bool visible_namespaces::has_key(std::string_view key_text) const {
  return (*this)(namespace_of(key_text));
}

bool visible_namespaces::has_file(source_id const& id) const {
  auto const name = namespace_of(id);
  return name ? (*this)(*name) : everything();
}

bool visible_namespaces::everything() const {
  return all_values() || policy_->allows(who_, right::admin, {});
}

bool visible_namespaces::all_values() const { return policy_->reads_all(who_); }

std::string visible_namespaces::or_absent(std::string const& name_space) const {
  return (*this)(name_space) ? name_space : absent_name();
}

key visible_namespaces::in_visible(key const& which) const {
  if ((*this)(which.name_space())) return which;
  std::vector<std::string> parts{absent_name()};
  for (auto const& part : which.path())
    parts.emplace_back(part);
  return key(std::move(parts));
}

value_path visible_namespaces::in_visible(value_path const& which) const {
  auto path = which;
  path.base = in_visible(which.base);
  return path;
}

std::shared_ptr<change const>
visible_namespaces::part_of(std::shared_ptr<change const> const& whole) const {
  auto const hidden = [this](key_change const& one) { return !has_key(one.key); };
  if (std::ranges::none_of(whole->keys, hidden) && everything()) return whole;
  auto part = std::make_shared<change>(*whole);
  std::erase_if(part->keys, hidden);
  if (part->keys.empty()) return nullptr;
  // The origin of the change may be a file of a namespace that is left out.
  if (std::ranges::none_of(part->keys, [](key_change const& one) { return one.file == 0; }))
    part->from = origin_of(*whole, part->keys.front());
  part->warnings = part_of(std::move(part->warnings));
  return part;
}

std::vector<issue> visible_namespaces::part_of(std::vector<issue> all) const {
  if (everything()) return all;
  for (auto& one : all)
    if (one.key.empty() || !has_key(one.key))
      one = {.how = one.how, .rule = "access", .message = "the reason is not visible to you"};
    else if (one.message.starts_with(engine::unevaluated))
      // The place is that of the rule, whose file may be about any namespace.
      one = {.how = one.how,
             .rule = one.rule,
             .key = one.key,
             .pointer = one.pointer,
             .message = std::string(engine::unevaluated)};
  return all;
}

std::vector<engine::pending_change>
visible_namespaces::part_of(std::vector<engine::pending_change> all) const {
  if (all_values()) return all;
  for (auto& one : all)
    std::erase_if(one.keys, [this](std::string const& text) { return !has_key(text); });
  std::erase_if(all, [](engine::pending_change const& one) { return one.keys.empty(); });
  return all;
}

engine::hidden_values visible_namespaces::part_of(engine::hidden_values all) const {
  auto const gone =
      std::erase_if(all.listed, [this](auto const& one) { return !has_key(one.key); });
  all.count -= std::min(all.count, gone);
  return all;
}

engine::committed_change visible_namespaces::part_of(engine::committed_change done) const {
  if (all_values()) return done;
  for (auto& one : done.changes)
    one = part_of(one);
  std::erase(done.changes, nullptr);
  done.warnings = part_of(std::move(done.warnings));
  done.hides = part_of(std::move(done.hides));
  return done;
}

error naming(error why, std::string const& name_space) {
  if (why.code == errc::not_found && why.subject == absent_name()) why.subject = name_space;
  return why;
}

error visible_namespaces::part_of(error why) const {
  if (why.issues.empty() || everything()) return why;
  auto shown = part_of(why.issues);
  if (shown != why.issues) why.message = "the reason is not visible to you";
  why.issues = std::move(shown);
  return why;
}

} // namespace cfgd
