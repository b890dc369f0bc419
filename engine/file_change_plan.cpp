#include "engine/file_change_plan.hpp"

#include "core/json.hpp"
#include "engine/typed_source.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// Which sources of a file change are accepted. Nobody waits for an answer to a file change, so it
// is not rejected as a whole: the sources that cause a rejection are rejected, and the rest is
// evaluated again, until the policy accepts it. Sources that were rejected earlier go first, then
// new values, then new schemas and rules, last removals of files that hid invalid content. A source
// that was rejected together with others is tried once more alone, because it may be valid without
// them.

namespace cfgd::engine {
namespace {

/// Rejected sources that are tried once more alone; if there are more, none is.
constexpr std::size_t most_retried = 32;

/// A namespace is evaluated if its locks changed. Locks alone do not make it exist.
void put_locks(candidate& made, std::string const& name,
               std::shared_ptr<namespace_locks const> const& locks) {
  auto const* const state = made.find(name);
  if (state != nullptr && state->locks != locks) made.edit(name).locks = locks;
}

/// Rejections as one error, whose place is in the file at `path`, if any of its issues is.
error combine(std::vector<rejection> const& rejections, std::string const& path,
              limits const& bounds) {
  auto why = rejection_error(rejections, bounds);
  auto const mine = std::ranges::find(why.issues, path, &issue::path);
  why.where = mine == why.issues.end() ? place() : mine->where;
  return why;
}

} // namespace

/// The record of the source with the decision made so far; null: none.
std::shared_ptr<source_record const> file_change_plan::entry::record() const {
  if (!rejected) return now;
  return rejected_record ? rejected_record : before;
}

void file_change_plan::put(entry const& one, source_records& into) {
  if (auto record = one.record())
    into.insert_or_assign(one.id, std::move(record));
  else
    into.erase(one.id);
}

file_change_plan::attempt file_change_plan::evaluate(candidate made,
                                                     validator& policy_validator) const {
  // Recompiled at each attempt: the set of accepted files differs, and unchanged schemas are
  // reused.
  std::map<source_id, error> faults;
  auto next = std::make_shared<policy>(*made.active_policy);
  bool policy_changed = false;
  for (auto const& one : entries_) {
    if (one.id.what == source_kind::values) {
      put(one, made.edit(one.name_space).sources);
    } else {
      put(one, next->sources);
      policy_changed = true;
    }
  }
  if (policy_changed) {
    auto const before = made.active_policy;
    faults = compile(*next, *before, bounds_);
    // A namespace is evaluated if its schema changed, appeared or disappeared.
    for (auto const& [name, schema] : next->schemas) {
      auto const* const state = made.find(name);
      if (state == nullptr || state->schema != schema) made.edit(name).schema = schema;
    }
    for (auto const& [name, schema] : before->schemas)
      if (!next->schemas.contains(name)) made.edit(name).schema = nullptr;
    for (auto const* const all : {before.get(), &std::as_const(*next)})
      for (auto const& [name, locks] : all->locks)
        put_locks(made, name, locks_of(*next, name));
    made.active_policy = std::move(next);
  }
  drop_soft_overrides(made);
  auto found = engine::evaluate(made, policy_validator, bounds_);
  for (auto& [id, why] : faults)
    found.rejections.push_back({.by = id, .why = std::move(why)});
  return {std::move(made), std::move(found)};
}

/// Rejects a source: its content before stays effective, the new one goes to quarantine.
void file_change_plan::reject(entry& one, error why) {
  one.rejected = why;
  // A source that was rejected before for the same reason keeps its record.
  if (!one.is_new() && one.before->row.why == why) return;
  one.rejected_record =
      one.before ? std::make_shared<source_record>(*one.before) : std::make_shared<source_record>();
  auto& record = *one.rejected_record;
  if (one.now) {
    record.row.id = one.id;
    record.row.path = one.now->row.path;
    record.row.identity = one.now->row.identity;
    record.row.hash = one.now->row.hash;
    record.row.status = source_status::quarantined;
    auto bytes = one.bytes.empty() ? json::canonical(one.now->document.read()->root) : one.bytes;
    if (bytes.size() > bounds_.file_bytes) bytes.resize(bounds_.file_bytes);
    auto document = *one.now->document.read();
    document.notes = one.now->document.notes; // a retry says them
    record.refused = {.bytes = std::move(bytes),
                      .why = why,
                      .document = std::move(document),
                      .edit = one.is_new() ? edit_number_ : one.edit_number};
  } else {
    // The removal is rejected: the old content stays effective without its file.
    record.row.status = source_status::missing;
    record.removed = true;
  }
  record.row.why = std::move(why);
}

/// Rejects the sources of a rank that rejections are about. Returns whether there was one.
bool file_change_plan::reject_of_rank(rank which, std::vector<rejection> const& rejections) {
  std::map<entry*, std::vector<rejection>> about; // in the order of the entries
  for (auto const& what : rejections) {
    std::set<entry*> these; // once, although both may be said of one
    for (auto const& name : what.against)
      std::ranges::copy(entries_of(name), std::inserter(these, these.end()));
    if (what.by)
      std::ranges::copy_if(entries_of(namespace_of(*what.by).value_or("")),
                           std::inserter(these, these.end()),
                           [&what](entry const* one) { return one->id == what.by; });
    for (auto* const one : these)
      if (one->order == which && one->is_accepted()) about[one].push_back(what);
  }
  for (auto const& [one, mine] : about)
    reject(*one, combine(mine, one->now ? one->now->row.path : std::string(), bounds_));
  return !about.empty();
}

/// Rejects the sources of the lowest rank that rejections are about. False: no source can be
/// blamed.
bool file_change_plan::reject_causes(std::vector<rejection> const& rejections) {
  for (auto const which : {rank::retryable, rank::values, rank::policy, rank::removal})
    if (reject_of_rank(which, rejections)) return true;
  // A schema may be rejected because a document that it refers to changed.
  bool any = false;
  for (auto& one : entries_) {
    if (one.id.what == source_kind::values || !one.is_accepted()) continue;
    reject(one, rejection_error(rejections, bounds_));
    any = true;
  }
  return any;
}

/// Sources of one earlier edit are rejected together.
void file_change_plan::reject_companions() {
  for (auto const& one : entries_) {
    if (!one.rejected || one.edit_number == 0) continue;
    for (auto& other : entries_)
      if (other.edit_number == one.edit_number && other.is_accepted()) reject(other, *one.rejected);
  }
}

/// Rejects all new content.
void file_change_plan::reject_new(error const& why) {
  for (auto& one : entries_)
    if (one.is_new() && one.is_accepted()) reject(one, why);
}

std::size_t file_change_plan::count_new_rejected() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [](entry const& one) { return one.is_new() && one.rejected; }));
}

/// Whether a source is rejected for a path of its own that leads through another layer's value.
bool file_change_plan::leads_through_value(entry const& one) {
  return one.now && std::ranges::any_of(one.rejected->issues, [&one](issue const& what) {
           return what.rule == path_rule && what.path == one.now->row.path;
         });
}

/// Sources that were rejected together may be valid alone: accepts those that are.
void file_change_plan::retry_rejected(attempt& best, std::function<attempt()> const& try_now) {
  // Each try is a full evaluation. A source that was rejected alone would only fail again.
  auto const count = count_new_rejected();
  if (count < 2 || count > most_retried) return;
  std::vector<entry*> tried;
  for (auto& one : entries_)
    if (one.is_new() && one.rejected) tried.push_back(&one);
  // Whoever is accepted first keeps others out. A file that leads through a value of a lower layer
  // must not keep that layer out.
  std::stable_partition(tried.begin(), tried.end(),
                        [](entry const* one) { return !leads_through_value(*one); });
  for (auto* const one : tried) {
    auto const why = *one->rejected;
    one->rejected.reset();
    one->rejected_record.reset();
    auto again = try_now();
    if (again.found.rejections.empty())
      best = std::move(again);
    else
      reject(*one, why);
  }
}

file_change_plan::attempt file_change_plan::resolve(std::function<attempt()> const& try_now) {
  for (auto& one : entries_)
    by_name_space_[one.name_space].push_back(&one);
  bool const has_unreadable = std::ranges::any_of(asked_.updates, [](source_update const& one) {
    return std::holds_alternative<source_update::refused>(one.what);
  });
  // All or none: a file that does not parse rejects the other files of its edit before the policy
  // is asked.
  if (is_edit() && has_unreadable)
    reject_new({.code = errc::invalid, .message = "another file of the same edit was rejected"});
  auto now = try_now();
  while (!now.found.rejections.empty()) {
    auto const why = rejection_error(now.found.rejections, bounds_);
    bool const any = reject_causes(now.found.rejections);
    reject_companions();
    if (!any || (is_edit() && count_new_rejected() > 0)) reject_new(why);
    now = try_now();
    // Rejections that no source causes exist without the file change, too.
    if (!any) break;
  }
  if (!is_edit()) retry_rejected(now, try_now);
  // What is left existed before the file change, and must not reject it.
  now.found.rejections.clear();
  return now;
}

} // namespace cfgd::engine
