#include "core/json.hpp"
#include "store/conclude.hpp"
#include "store/merge.hpp"
#include "store/plan.hpp"

#include <algorithm>
#include <utility>

// What became of files. Content that was refused or cannot be had changes nothing that is in force;
// it is recorded, so that Sources can tell it and a restart does not believe the file anew. Only
// good content and a file that is gone touch the layers.
//
// Nobody waits for an answer to a batch, and the next one would be refused for the same reason. So
// a namespace that would be too large holds back what the batch brings for it, as if each of its
// sources had been refused, and nothing else of the batch.
//
// A source keeps the revision that its content came with; where the content is new but nothing
// effective changed, that is the service's revision at that time.

namespace cfgd::store {
namespace {

using record_pointer = std::shared_ptr<source_record>;

/// One source of the batch.
struct edit {
  source_update const* asked = nullptr;
  std::string name_space;
  std::shared_ptr<source_record const> before; ///< null: it was not known
  record_pointer now;                          ///< null: it is gone
  bool content = false;                        ///< what it says is new
};

/// Builds the new record of a source from the old one and what was found.
class update_visitor {
 public:
  update_visitor(edit& made, limits const& bounds) : made_(made), bounds_(bounds) {}

  void operator()(source_update::good const& found) {
    auto& record = begin();
    auto const* const before = made_.before.get();
    made_.content =
        before == nullptr || !before->row.in_force || before->document.root != found.document.root;
    record.row.status = source_status::active;
    record.row.why.reset();
    record.row.in_force = true;
    record.row.hash = made_.asked->hash;
    record.document = found.document;
    record.refused.reset();
  }

  void operator()(source_update::refused const& found) {
    auto& record = begin();
    record.row.status = source_status::quarantined;
    record.row.why = found.why;
    record.row.hash = made_.asked->hash;
    record.refused = {.bytes = found.bytes.substr(0, bounds_.file_bytes), .why = found.why};
  }

  void operator()(source_update::blocked const& found) {
    auto& record = begin();
    record.row.status = found.status;
    record.row.why = found.why;
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
  }

 private:
  source_record& begin() {
    made_.now = made_.before ? std::make_shared<source_record>(*made_.before)
                             : std::make_shared<source_record>();
    made_.now->row.id = made_.asked->id;
    made_.now->row.path = made_.asked->path;
    made_.now->row.identity = made_.asked->identity;
    return *made_.now;
  }

  edit& made_;
  limits const& bounds_;
};

result<edit> make_edit(source_update const& asked, draft& made, limits const& bounds) {
  auto const name = namespace_of(asked.id);
  if (!name)
    return error{.code = errc::bad_key,
                 .message = "the source's name gives no namespace",
                 .subject = to_string(asked.id)};
  edit one;
  one.asked = &asked;
  one.name_space = *name;
  auto const* const state = made.find(*name);
  if (state != nullptr) {
    auto const found = state->sources.find(asked.id);
    if (found != state->sources.end()) one.before = found->second;
  }
  std::visit(update_visitor(one, bounds), asked.what);
  if (!one.before && !one.now) return one;
  auto& sources = made.edit(*name).sources;
  if (one.now)
    sources.insert_or_assign(asked.id, one.now);
  else
    sources.erase(asked.id);
  return one;
}

/// What the source said before stays in force.
void hold_back(edit& one, draft& made, error const& why, limits const& bounds) {
  auto held =
      one.before ? std::make_shared<source_record>(*one.before) : std::make_shared<source_record>();
  if (one.now) {
    auto const newest = one.now;
    held->row.id = newest->row.id;
    held->row.path = newest->row.path;
    held->row.identity = newest->row.identity;
    held->row.hash = newest->row.hash;
    held->row.status = source_status::quarantined;
    // The bytes of the file are gone by now; this says the same.
    held->refused = {.bytes = json::canonical(newest->document.root).substr(0, bounds.file_bytes),
                     .why = why};
  } else {
    held->row.status = source_status::missing;
  }
  held->row.why = why;
  one.now = held;
  one.content = false;
  made.edit(one.name_space).sources.insert_or_assign(one.asked->id, std::move(held));
}

/// New content goes first; a removal only where the file hid what does not fit.
void hold_back_too_large(std::vector<edit>& edits, draft& made, limits const& bounds) {
  for (auto const removals : {false, true}) {
    auto const refused = too_large(made, bounds);
    for (auto& one : edits) {
      auto const found = refused.find(one.name_space);
      if (found != refused.end() && one.content && (one.now == nullptr) == removals)
        hold_back(one, made, found->second, bounds);
    }
  }
}

/// The origin of a change: the topmost of the sources of the namespace that says the key now; if
/// none does (it was removed), the last one whose content is new.
origin find_origin(std::vector<edit> const& edits, std::string const& name_space,
                   std::string const& key_text) {
  auto const parts = split_dotted(key_text);
  std::vector<std::string> const path = parts && parts->size() > 1
                                            ? std::vector(parts->begin() + 1, parts->end())
                                            : std::vector<std::string>();
  edit const* found = nullptr;
  bool says_it = false;
  for (auto const& one : edits) {
    if (!one.content || one.name_space != name_space) continue;
    bool const says = one.now && !path.empty() &&
                      look_up(one.now->document.root, path).what != layer_answer::kind::nothing;
    bool const above = found == nullptr || found->asked->id < one.asked->id;
    if (found == nullptr || (says && !says_it) || (says == says_it && above)) found = &one;
    says_it = says_it || says;
  }
  if (found == nullptr) return {};
  origin from;
  from.where = found->asked->id.where;
  from.path = found->asked->path;
  if (found->now) from.at = find_place(found->now->document, path);
  return from;
}

} // namespace

outcome plan::apply(source_batch const& asked) {
  draft made(staged_, base_.namespaces);
  std::vector<edit> edits;
  edits.reserve(asked.updates.size());
  for (auto const& update : asked.updates) {
    auto one = make_edit(update, made, bounds_);
    if (!one) return one.error();
    edits.push_back(std::move(*one));
  }

  conclusion const by{
      .bounds = bounds_,
      .revision = revision_,
      .now = now_,
      .how = asked.how,
      .comment = {},
      .origin_of = [&edits](std::string const& name_space, key_change const& first) {
        return find_origin(edits, name_space, first.key);
      }};
  auto done = conclude(made, by);
  if (!done) {
    hold_back_too_large(edits, made, bounds_);
    done = conclude(made, by);
  }
  if (!done) return done;

  for (auto& one : edits) {
    if (one.now && one.content) {
      auto const changed =
          std::ranges::find(done->effectives, one.name_space, &effective::name_space);
      one.now->row.revision =
          changed == done->effectives.end() ? done->revision : changed->revision;
    }
    if (!one.before && !one.now) continue;
    if (auto found = find_transition(one.before.get(), one.now.get()))
      done->transitions.push_back(*std::move(found));
  }
  keep(std::move(made), *done);
  return done;
}

} // namespace cfgd::store
