#include "engine/file_change_plan.hpp"

#include "core/json.hpp"
#include "engine/merge.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

// What became of files. Content that was refused or cannot be had changes nothing that is in force;
// it is recorded, so that Sources can tell it and a restart does not believe the file anew. Only
// good content and a file that is gone touch the layers.
//
// Nobody waits for an answer to a batch, so it is not refused: what is objected to is held back and
// the rest goes in. First what was refused before, then new values, then new schemas and rules,
// last removals, where a file hid what does not fit. What was held back beside others is tried once
// more by itself, for it may have been good without them.
//
// A source keeps the revision that its content came with; where the content is new but nothing
// effective changed, that is the service's revision at that time.

namespace cfgd::engine {
namespace {

/// Suspended sources that are tried with a batch, and held back ones that are tried once more.
constexpr std::size_t most_tried = 32;

error only_about(std::vector<rejection const*> const& rejections, std::string const& path,
                 limits const& bounds) {
  std::vector<rejection> copies;
  for (auto const* const one : rejections)
    copies.push_back(*one);
  auto why = rejection_error(copies, bounds);
  why.where = {};
  for (auto const& one : why.issues) {
    if (one.path != path) continue;
    why.where = one.where;
    break;
  }
  return why;
}

} // namespace

/// Builds the new record of a source from the old one and what was found.
class file_change_plan::update_visitor {
 public:
  /// `edit_of`: of an edit of several files, its number.
  update_visitor(edit& made, source_update const& asked, limits const& bounds,
                 std::uint64_t edit_of)
      : made_(made), asked_(asked), bounds_(bounds), edit_of_(edit_of) {}

  void operator()(source_update::good const& found) {
    auto& record = begin();
    auto const* const before = made_.before.get();
    made_.content = before == nullptr || !before->row.is_effective ||
                    before->document.root != found.document.root;
    made_.bytes = found.bytes;
    record.row.status = source_status::active;
    record.row.why.reset();
    record.row.is_effective = true;
    record.row.hash = asked_.hash;
    record.document = found.document;
    record.refused.reset();
  }

  void operator()(source_update::refused const& found) {
    auto& record = begin();
    record.row.status = source_status::quarantined;
    record.row.why = found.why;
    record.row.hash = asked_.hash;
    record.refused = {
        .bytes = found.bytes.substr(0, bounds_.file_bytes), .why = found.why, .edit = edit_of_};
  }

  void operator()(source_update::blocked const& found) {
    auto& record = begin();
    record.row.status = found.status;
    record.row.why = found.why;
    // What it said when it could be had is not tried any more.
    if (record.refused) record.refused->document.reset();
    if (record.refused) record.refused->edit = 0;
  }

  void operator()(source_update::touched const&) {
    if (!made_.before) return;
    auto& record = begin();
    record.row.status = record.refused ? source_status::quarantined : source_status::active;
    record.row.why.reset();
    if (record.refused) record.row.why = record.refused->why;
  }

  void operator()(source_update::gone const&) const {
    made_.now.reset();
    made_.content = made_.before != nullptr;
    made_.when = rank::removal;
  }

 private:
  source_record& begin() {
    made_.now = made_.before ? std::make_shared<source_record>(*made_.before)
                             : std::make_shared<source_record>();
    made_.now->row.id = asked_.id;
    made_.now->row.path = asked_.path;
    made_.now->row.identity = asked_.identity;
    made_.now->removed = false;
    return *made_.now;
  }

  edit& made_;
  source_update const& asked_;
  limits const& bounds_;
  std::uint64_t edit_of_;
};

result<void> file_change_plan::add_updates(finder const& find) {
  for (auto const& asked : asked_.updates) {
    if (!is_source(asked.id))
      return error{.code = errc::bad_key,
                   .message = "the name is none of a source",
                   .subject = to_string(asked.id)};
    edit one{.id = asked.id,
             .name_space = std::string(namespace_of(asked.id).value_or("")),
             .before = find(asked.id),
             .now = {}};
    if (asked.id.what != source_kind::values) one.when = rank::active_policy;
    // Told twice, the later one follows the earlier one.
    auto const twin = std::ranges::find(edits_, asked.id, &edit::id);
    auto const before = one.before;
    if (twin != edits_.end()) one.before = twin->now;
    std::visit(update_visitor(one, asked, bounds_, whole() ? number_ : 0), asked.what);
    one.before = before;
    if (twin != edits_.end()) {
      one.content = one.content || twin->content;
      if (one.bytes.empty()) one.bytes = twin->bytes;
      if (one.before || one.now)
        *twin = std::move(one);
      else
        edits_.erase(twin);
    } else if (one.before || one.now) {
      edits_.push_back(std::move(one));
    }
  }
  return {};
}

void file_change_plan::add_retryable(std::set<source_id> const& which, revision_number revision,
                                     finder const& find) {
  std::set<source_id> told;
  std::set<std::string> names;
  for (auto const& one : edits_) {
    told.insert(one.id);
    names.insert(one.name_space);
  }
  struct refused_before {
    source_id id;
    std::shared_ptr<source_record const> record;
  };
  std::vector<refused_before> first;
  std::vector<refused_before> others;
  std::set<std::uint64_t> unreadable; // edits of which a file cannot be tried
  for (auto const& id : which) {
    auto record = find(id);
    if (!record || !record->retryable() || told.contains(id)) continue;
    bool const readable = record->removed || (record->refused->document &&
                                              record->row.status == source_status::quarantined);
    if (!readable) {
      if (record->refused->edit != 0) unreadable.insert(record->refused->edit);
      continue;
    }
    auto const name = namespace_of(id);
    bool const near = name && names.contains(std::string(*name));
    (near ? first : others).push_back({id, std::move(record)});
  }
  if (!others.empty())
    std::ranges::rotate(others,
                        others.begin() + static_cast<std::ptrdiff_t>(revision % others.size()));
  std::ranges::move(others, std::back_inserter(first));
  std::size_t tried = 0;
  for (auto& one : first) {
    if (one.record->refused && unreadable.contains(one.record->refused->edit)) continue;
    if (++tried > most_tried) return;
    add_one_retryable(one.id, std::move(one.record));
  }
}

void file_change_plan::add_one_retryable(source_id const& id,
                                         std::shared_ptr<source_record const> before) {
  edit one{.id = id,
           .name_space = std::string(namespace_of(id).value_or("")),
           .before = before,
           .now = {},
           .content = true,
           .when = rank::retryable};
  if (before->refused) one.edit_of = before->refused->edit;
  if (!before->removed) {
    one.bytes = before->refused->bytes;
    one.now = std::make_shared<source_record>(*before);
    one.now->document = *before->refused->document;
    one.now->refused.reset();
    one.now->row.why.reset();
    one.now->row.status = source_status::active;
    one.now->row.is_effective = true;
  }
  edits_.push_back(std::move(one));
}

void file_change_plan::put(edit const& one, source_records& into) const {
  std::shared_ptr<source_record const> record = one.now;
  if (one.held) record = one.kept ? one.kept : one.before;
  if (record)
    into.insert_or_assign(one.id, std::move(record));
  else
    into.erase(one.id);
}

file_change_plan::trial file_change_plan::try_once(candidate made,
                                                   validator& policy_validator) const {
  std::map<source_id, error> faults;
  auto next = std::make_shared<policy>(*made.active_policy);
  bool policy_changed = false;
  for (auto const& one : edits_) {
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
    // A namespace is looked at anew where its schema is another one, came or went.
    for (auto const& [name, schema] : next->schemas) {
      auto const* const state = made.find(name);
      if (state == nullptr || state->schema != schema) made.edit(name).schema = schema;
    }
    for (auto const& [name, schema] : before->schemas)
      if (!next->schemas.contains(name)) made.edit(name).schema = nullptr;
    made.active_policy = std::move(next);
  }
  auto found = evaluate(made, policy_validator, bounds_);
  for (auto& [id, why] : faults)
    found.rejections.push_back({.by = id, .why = std::move(why)});
  return {std::move(made), std::move(found)};
}

/// What went into an edit together is held back together.
void file_change_plan::hold_companions() {
  for (auto const& one : edits_) {
    if (!one.held || one.edit_of == 0) continue;
    for (auto& other : edits_)
      if (other.edit_of == one.edit_of && is_live(other)) hold(other, *one.held);
  }
}

bool file_change_plan::is_about(rejection const& what, edit const& one) {
  if (what.by == one.id) return true;
  return !one.name_space.empty() && what.against.contains(one.name_space);
}

/// What the source said before stays in force.
void file_change_plan::hold(edit& one, error why) {
  one.held = why;
  // What was refused before stays as it is, with its newest reason.
  if (one.when == rank::retryable && one.before->row.why == why) return;
  one.kept =
      one.before ? std::make_shared<source_record>(*one.before) : std::make_shared<source_record>();
  if (one.now) {
    one.kept->row.id = one.id;
    one.kept->row.path = one.now->row.path;
    one.kept->row.identity = one.now->row.identity;
    one.kept->row.hash = one.now->row.hash;
    one.kept->row.status = source_status::quarantined;
    auto bytes = one.bytes.empty() ? json::canonical(one.now->document.root) : one.bytes;
    if (bytes.size() > bounds_.file_bytes) bytes.resize(bounds_.file_bytes);
    auto const edit_of = one.when == rank::retryable ? one.edit_of : whole() ? number_ : 0;
    one.kept->refused = {
        .bytes = std::move(bytes), .why = why, .document = one.now->document, .edit = edit_of};
  } else {
    one.kept->row.status = source_status::missing;
    one.kept->removed = true;
  }
  one.kept->row.why = std::move(why);
}

void file_change_plan::release(edit& one) {
  one.held.reset();
  one.kept.reset();
}

/// Holds back what is objected to, of the lowest rank that there is. False: nothing is left.
bool file_change_plan::hold_objected(trial const& tried) {
  auto const& rejections = tried.found.rejections;
  for (auto const which : {rank::retryable, rank::values, rank::active_policy, rank::removal}) {
    bool held = false;
    for (auto& one : edits_) {
      if (one.when != which || !is_live(one)) continue;
      std::vector<rejection const*> mine;
      for (auto const& rejection : rejections)
        if (is_about(rejection, one)) mine.push_back(&rejection);
      if (mine.empty()) continue;
      auto const path = one.now ? one.now->row.path : std::string();
      hold(one, only_about(mine, path, bounds_));
      held = true;
    }
    if (held) return true;
  }
  // A schema that refers to a document that is another one now.
  bool held = false;
  for (auto& one : edits_) {
    if (one.id.what == source_kind::values || !is_live(one)) continue;
    hold(one, rejection_error(rejections, bounds_));
    held = true;
  }
  return held;
}

/// Holds back all that is new.
void file_change_plan::hold_new(error const& why) {
  for (auto& one : edits_)
    if (is_live(one) && one.when != rank::retryable) hold(one, why);
}

bool file_change_plan::is_new_held() const {
  return std::ranges::any_of(
      edits_, [](edit const& one) { return one.held && one.when != rank::retryable; });
}

/// What was held back beside others may be good by itself.
void file_change_plan::try_released(trial& best, std::function<trial()> const& try_now) {
  std::size_t held = 0;
  for (auto const& one : edits_)
    held += one.held && one.when != rank::retryable ? 1 : 0;
  if (held < 2 || held > most_tried) return;
  for (auto& one : edits_) {
    if (!one.held || one.when == rank::retryable) continue;
    auto const why = *one.held;
    release(one);
    auto again = try_now();
    if (again.found.rejections.empty())
      best = std::move(again);
    else
      hold(one, why);
  }
}

file_change_plan::trial file_change_plan::settle(std::function<trial()> const& try_now) {
  bool const unread = std::ranges::any_of(asked_.updates, [](source_update const& one) {
    return std::holds_alternative<source_update::refused>(one.what);
  });
  if (whole() && unread)
    hold_new({.code = errc::invalid, .message = "another file of the same edit was refused"});
  auto now = try_now();
  while (!now.found.rejections.empty()) {
    auto const why = rejection_error(now.found.rejections, bounds_);
    bool const held = hold_objected(now);
    hold_companions();
    if (!held || (whole() && is_new_held())) hold_new(why);
    now = try_now();
    // What stood against all that could be held back stands without the batch, too.
    if (!held) break;
  }
  if (!whole()) try_released(now, try_now);
  now.found.rejections.clear();
  return now;
}

origin file_change_plan::origin_of(std::string const& name_space,
                                   std::string const& key_text) const {
  auto const parts = split_dotted(key_text);
  std::vector<std::string> const path = parts && parts->size() > 1
                                            ? std::vector(parts->begin() + 1, parts->end())
                                            : std::vector<std::string>();
  edit const* found = nullptr;
  bool says_it = false;
  edit const* validator = nullptr;
  for (auto const& one : edits_) {
    if (!is_live(one)) continue;
    if (one.id.what != source_kind::values) {
      if (validator == nullptr || one.name_space == name_space) validator = &one;
      continue;
    }
    if (one.name_space != name_space) continue;
    bool const says = one.now && !path.empty() &&
                      look_up(one.now->document.root, path).what != layer_answer::kind::nothing;
    bool const above = found == nullptr || found->id < one.id;
    if (found == nullptr || (says && !says_it) || (says == says_it && above)) found = &one;
    says_it = says_it || says;
  }
  if (found == nullptr) found = validator;
  if (found == nullptr) return {};
  bool const is_judge = found->id.what != source_kind::values;
  auto const* const record = found->now ? found->now.get() : found->before.get();
  origin from;
  from.where = is_judge ? layer::defaults : found->id.where;
  from.path = record->row.path;
  if (found->now && !is_judge) from.at = find_place(found->now->document, path);
  return from;
}

void file_change_plan::finish(committed_change& done) {
  for (auto& one : edits_) {
    if (one.now && is_live(one)) {
      auto const changed =
          std::ranges::find(done.effectives, one.name_space, &effective::name_space);
      one.now->row.revision = changed == done.effectives.end() ? done.revision : changed->revision;
    }
    std::shared_ptr<source_record const> now = one.now;
    if (one.held) now = one.kept ? one.kept : one.before;
    if (auto found = find_transition(one.before.get(), now.get()))
      done.transitions.push_back(*std::move(found));
  }
}

} // namespace cfgd::engine
