#include "daemon/access.hpp"

#include "daemon/systemd.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

// Uid 65534 ("nobody") is what the kernel shows for users of another user namespace: it is never
// the owner of anything here, even where the daemon itself runs as it. It gets no more than
// reading.
//
// The loop decides by the entries that were published to it, with names that were looked up. The
// committer decides by the entries of the state that it is about to change. They may be newer, and
// have names that nobody has looked up yet; so both use entries that were narrowed first.

namespace cfgd {
namespace {

using engine::access_entry;
using engine::access_rules;
using engine::operation;
using engine::subject;

constexpr uid_t overflow_uid = 65534;

std::optional<gid_t> find_group(std::string const& name) {
  group const* const found = name.empty() ? nullptr : ::getgrnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

/// The unit of the process that connected. Its number may have gone to another process since: the
/// unit counts only if the process belongs to the same user, before and after.
std::string find_unit_of(ipc::peer const& who) {
  auto const is_owner = [path = "/proc/" + std::to_string(who.pid), &who] {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && found.st_uid == who.uid;
  };
  if (who.pid <= 0 || !is_owner()) return {};
  auto unit = systemd::unit_of(who.pid);
  return is_owner() ? unit : std::string();
}

std::optional<operation> operation_of(right what) {
  switch (what) {
  case right::read:
    return operation::read;
  case right::write:
    return operation::write;
  case right::rollback:
    return operation::rollback;
  case right::secret:
    return operation::secret;
  case right::admin:
    return operation::admin;
  case right::none:
  case right::unspecified:
    break;
  }
  return std::nullopt;
}

/// Entries without names that are not known: what such an entry allows it allows to nobody, and
/// what it denies it denies to everybody.
std::shared_ptr<access_rules const> narrow(std::shared_ptr<access_rules const> rules,
                                           known_names const& names) {
  auto const unknown = [&](subject const& whom) { return !names.has(whom); };
  auto const is_open = [&](access_entry const& one) {
    return std::ranges::any_of(one.subjects, unknown);
  };
  if (std::ranges::none_of(rules->entries, is_open)) return rules;
  auto made = std::make_shared<access_rules>(*rules);
  for (auto& one : made->entries)
    if (is_open(one)) {
      std::erase_if(one.subjects, unknown);
      if (!one.allow) one.subjects.emplace_back();
    }
  return made;
}

/// Entries that decide about everything at once: whatever is denied somewhere is denied here.
access_rules for_everything(access_rules rules) {
  for (auto& one : rules.entries)
    if (!one.allow) one.namespaces = {"*"};
  return rules;
}

bool never_refuse_reading(access_rules const& rules) {
  return rules.broken.empty() && std::ranges::none_of(rules.entries, [](access_entry const& one) {
           return !one.allow &&
                  std::ranges::find(one.operations, operation::read) != one.operations.end();
         });
}

bool names_units(access_rules const& rules) {
  return std::ranges::any_of(rules.entries, [](access_entry const& one) {
    return std::ranges::find(one.subjects, subject::kind::unit, &subject::what) !=
           one.subjects.end();
  });
}

/// "write to 'site'": what is denied.
std::string describe(right what, std::string_view name_space) {
  bool const is_write = what == right::write;
  std::string text = what == right::admin    ? "administration"
                     : what == right::secret ? "secrets"
                                             : std::string(to_string(what));
  if (!name_space.empty()) text.append(is_write ? " to '" : " of '").append(name_space) += '\'';
  return text;
}

} // namespace

std::string_view to_string(right what) {
  constexpr std::array<std::string_view, 7> names{
      "call a method without a right", "call", "read", "write", "rollback", "secret", "administer"};
  return names.at(static_cast<std::size_t>(what));
}

std::string_view to_string(access_decision::reason why) {
  constexpr std::array<std::string_view, 4> names{"owner", "entry", "broken", "default"};
  return names.at(static_cast<std::size_t>(why));
}

bool known_names::has(engine::subject const& whom) const {
  bool const is_user = whom.what == subject::kind::user;
  if (!is_user && whom.what != subject::kind::group) return true;
  if (engine::number_of(whom)) return true;
  return (is_user ? numbers.users.contains(whom.name) : numbers.groups.contains(whom.name)) ||
         missing.contains(engine::to_string(whom));
}

/// What does not change while the process runs.
struct access_policy::facts {
  std::string group_name;
  std::optional<gid_t> group;
  uid_t own_uid;
  unit_finder find_unit;

  static bool is_nobody(ipc::peer const& who) {
    return who.uid == overflow_uid || who.uid == static_cast<uid_t>(-1);
  }
  bool is_owner(ipc::peer const& who) const {
    return !is_nobody(who) && (who.uid == 0 || who.uid == own_uid);
  }
  bool is_member(ipc::peer const& who) const {
    return !is_nobody(who) && group &&
           std::find(who.groups.begin(), who.groups.end(), *group) != who.groups.end();
  }
  std::string needed() const {
    return "needs root" + (own_uid == 0 ? std::string() : ", uid " + std::to_string(own_uid)) +
           (group_name.empty() ? std::string() : " or group '" + group_name + "'");
  }
};

/// Effective entries, ready to be asked.
struct access_policy::state {
  std::shared_ptr<facts const> all;
  std::shared_ptr<access_rules const> rules;    ///< as they were published
  known_names names;                            ///< as they were published
  std::shared_ptr<access_rules const> narrowed; ///< by names that are not known
  access_rules everything;
  bool has_units = false;
  bool everybody_reads = false; ///< everything: no entry could refuse it

  state(std::shared_ptr<facts const> with, std::shared_ptr<access_rules const> published,
        known_names known)
      : all(std::move(with)), rules(std::move(published)), names(std::move(known)),
        narrowed(narrow(rules, names)), everything(for_everything(*narrowed)),
        has_units(names_units(*rules)), everybody_reads(never_refuse_reading(*narrowed)) {}

  /// `which`: of a key in the namespace; null: the whole namespace.
  access_decision decide(ipc::peer const& who, right what, std::string_view name_space,
                         key const* which) const;
  bool reads_all(ipc::peer const& who) const;
  error denial(ipc::peer const& who, right what, std::string_view name_space,
               access_decision const& why) const;
  result<void> check(ipc::peer const& who, need const& needs) const;

 private:
  engine::access_answer ask(ipc::peer const& who, operation what, std::string_view name_space,
                            key const* which) const;
};

engine::access_answer access_policy::state::ask(ipc::peer const& who, operation what,
                                                std::string_view name_space,
                                                key const* which) const {
  if (has_units && !who.unit) who.unit = all->find_unit(who);
  engine::asker const asking{.uid = who.uid,
                             .groups = who.groups,
                             .unit = who.unit ? std::string_view(*who.unit) : std::string_view()};
  if (name_space.empty())
    return engine::decide(everything, names.numbers, asking, what, name_space);
  if (which != nullptr) return engine::decide(*narrowed, names.numbers, asking, what, *which);
  return engine::decide(*narrowed, names.numbers, asking, what, name_space);
}

access_decision access_policy::state::decide(ipc::peer const& who, right what,
                                             std::string_view name_space, key const* which) const {
  using enum access_decision::reason;
  using verdict = engine::access_answer::verdict;
  if (what == right::none) return {.allowed = true};
  auto const op = operation_of(what);
  if (!op) return {};
  if (all->is_owner(who)) return {.allowed = true, .why = owner};
  bool const is_read = what == right::read;
  if (is_read && name_space.empty()) return {.allowed = true};
  if (!is_read && facts::is_nobody(who)) return {};
  bool const by_default_allowed = is_read || all->is_member(who);
  if (narrowed->entries.empty() && narrowed->broken.empty()) return {.allowed = by_default_allowed};
  auto const found = ask(who, *op, name_space, which);
  if (found.by != nullptr)
    return {.allowed = found.what == verdict::allowed, .why = entry, .entry = found.by->place()};
  // Administrators have to repair a broken file: it refuses them nothing.
  if (found.what == verdict::denied && !all->is_member(who)) return {.why = broken};
  return {.allowed = by_default_allowed};
}

bool access_policy::state::reads_all(ipc::peer const& who) const {
  if (all->is_owner(who) || everybody_reads) return true;
  auto const found = ask(who, operation::read, {}, nullptr);
  return found.what != engine::access_answer::verdict::denied ||
         (found.by == nullptr && all->is_member(who));
}

error access_policy::state::denial(ipc::peer const& who, right what, std::string_view name_space,
                                   access_decision const& why) const {
  using reason = access_decision::reason;
  auto message = "denied " + describe(what, name_space) + " by uid " + std::to_string(who.uid);
  if (why.why == reason::entry)
    message.append(": ").append(why.entry).append(" denies it");
  else if (why.why == reason::broken)
    message.append(": '").append(rules->broken.front()).append("' has never been valid");
  else
    message.append(": ").append(all->needed());
  return {.code = errc::denied, .message = std::move(message), .subject = std::string(name_space)};
}

result<void> access_policy::state::check(ipc::peer const& who, need const& needs) const {
  auto const refusal = [&](std::string_view name_space, key const* which) -> std::optional<error> {
    auto const made = decide(who, needs.what, name_space, which);
    if (made.allowed) return std::nullopt;
    return denial(who, needs.what, name_space, made);
  };
  if (needs.names.empty() && needs.keys.empty())
    if (auto refused = refusal({}, nullptr)) return *std::move(refused);
  for (auto const& name : needs.names)
    if (auto refused = refusal(name, nullptr)) return *std::move(refused);
  for (auto const& which : needs.keys)
    if (auto refused = refusal(which.name_space(), &which)) return *std::move(refused);
  return {};
}

access_policy::access_policy(std::string const& admin_group, unit_finder find_unit)
    : facts_(std::make_shared<facts const>(
          facts{.group_name = admin_group,
                .group = find_group(admin_group),
                .own_uid = ::geteuid(),
                .find_unit = find_unit ? std::move(find_unit) : unit_finder(find_unit_of)})),
      state_(std::make_shared<state const>(facts_, std::make_shared<access_rules const>(),
                                           known_names())) {}

void access_policy::use(std::shared_ptr<access_rules const> rules, known_names names) {
  auto made = std::make_shared<state const>(facts_, std::move(rules), std::move(names));
  std::lock_guard const locked(mutex_);
  state_ = std::move(made);
  everybody_reads_.store(state_->everybody_reads, std::memory_order_release);
}

void access_policy::prepare(ipc::peer const& who) const {
  auto const now = current();
  if (now->has_units && !who.unit) who.unit = facts_->find_unit(who);
}

std::shared_ptr<access_policy::state const> access_policy::current() const {
  std::lock_guard const locked(mutex_);
  return state_;
}

access_decision access_policy::decide(ipc::peer const& who, right what,
                                      std::string_view name_space) const {
  return current()->decide(who, what, name_space, nullptr);
}

access_decision access_policy::decide(ipc::peer const& who, right what, key const& which) const {
  return current()->decide(who, what, which.name_space(), &which);
}

bool access_policy::allows(ipc::peer const& who, right what, std::string_view name_space) const {
  if (what == right::read && everybody_reads_.load(std::memory_order_acquire)) return true;
  return decide(who, what, name_space).allowed;
}

bool access_policy::allows(ipc::peer const& who, right what, key const& which) const {
  return decide(who, what, which).allowed;
}

bool access_policy::reads_all(ipc::peer const& who) const { return current()->reads_all(who); }

error access_policy::denial(ipc::peer const& who, right what, std::string_view name_space) const {
  auto const now = current();
  return now->denial(who, what, name_space, now->decide(who, what, name_space, nullptr));
}

result<void> access_policy::check(ipc::peer const& who, need const& needs) const {
  return current()->check(who, needs);
}

engine::permission access_policy::permission(ipc::peer const& who,
                                             std::shared_ptr<need const> needs) const {
  return
      [who, needs = std::move(needs), then = current()](access_rules const& now) -> result<void> {
        if (&now == then->rules.get()) return then->check(who, *needs);
        state const newer(then->all, std::make_shared<access_rules const>(now), then->names);
        return newer.check(who, *needs);
      };
}

std::shared_ptr<access_rules const> access_policy::rules() const { return current()->rules; }

std::optional<gid_t> access_policy::group() const { return facts_->group; }

} // namespace cfgd
