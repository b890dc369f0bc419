#include "engine/override_edits.hpp"

#include "core/text.hpp"
#include "engine/evaluate.hpp"

#include <utility>

// What all requests have in common that change the override layer - a Set, a rollback, a restore:
// how they are refused before anything is looked at, and how a draft with edited layers becomes a
// change. Keys learn the revision that they were set with when it is known, which is at the end.

namespace cfgd::engine {

override_edit& override_edits::of(std::string const& name_space) {
  if (auto const found = edits_.find(name_space); found != edits_.end()) return found->second;
  auto const* const state = made_.find(name_space);
  auto const* const before = state == nullptr ? nullptr : state->overrides.get();
  return edits_.emplace(name_space, override_edit(before)).first->second;
}

void override_edits::put() {
  for (auto& [name, edit] : edits_)
    if (edit.changed()) made_.edit(name).overrides = edit.finish();
}

std::map<std::string, pending_record::layer_change> override_edits::layer_changes() {
  std::map<std::string, pending_record::layer_change> all;
  for (auto& [name, edit] : edits_) {
    if (!edit.changed()) continue;
    auto const* const was = made_.was(name);
    all[name] = {was == nullptr ? nullptr : was->overrides, edit.finish()};
  }
  return all;
}

void override_edits::set_revision(revision_number revision) {
  for (auto& [name, edit] : edits_)
    edit.set_revision(revision);
}

result<void> check_terms(std::optional<revision_number> const& if_revision,
                         std::string const& comment, revision_number revision,
                         limits const& bounds) {
  if (if_revision && *if_revision != revision)
    return error{.code = errc::conflict,
                 .message = "the service is at revision " + std::to_string(revision) + ", not " +
                            std::to_string(*if_revision),
                 .used = revision,
                 .maximum = 0};
  if (comment.size() > bounds.comment_bytes)
    return error{.code = errc::limit,
                 .message = "the comment is too long",
                 .subject = "comment_bytes",
                 .used = comment.size(),
                 .maximum = bounds.comment_bytes};
  if (!is_clean_text(comment))
    return error{.code = errc::bad_value,
                 .message = "the comment is no clean UTF-8 text",
                 .subject = "comment"};
  return {};
}

result<void> check_value_size(std::string const& key_text, std::size_t used, limits const& bounds) {
  if (used <= bounds.value_bytes) return {};
  return error{.code = errc::limit,
               .message = "the value of '" + key_text + "' is too large",
               .subject = "value_bytes",
               .used = used,
               .maximum = bounds.value_bytes};
}

result<void> check_key_size(std::string const& key_text) {
  if (key_text.size() <= limits::key_bytes) return {};
  return error{.code = errc::limit,
               .message = "a key is too long: " + key_text.substr(0, 64) + "...",
               .subject = "key_bytes",
               .used = key_text.size(),
               .maximum = limits::key_bytes};
}

decision plan::finish(candidate& made, override_edits& edits, edit_terms const& how) {
  edits.put();
  auto found = evaluate(made, validator_, bounds_);
  if (!found.rejections.empty()) return rejection_error(found.rejections, bounds_);
  auto done =
      decide(made, std::move(found),
             {.revision = revision_,
              .now = now_,
              .how = grouping::one_change,
              .comment = how.comment,
              .origin_of = [&how](std::string const&, key_change const&) { return how.by.from; }});
  bool const unseen = how.ends && done.changes.empty();
  if (unseen) return committed_change{.revision = revision_};
  if (how.dry_run) {
    done.revision = revision_;
    return done;
  }
  edits.set_revision(done.revision);
  auto layers = edits.layer_changes();
  keep(std::move(made), done);
  if (how.ends) add_pending(*how.ends, how.by.from, how.comment, done, std::move(layers));
  return done;
}

} // namespace cfgd::engine
