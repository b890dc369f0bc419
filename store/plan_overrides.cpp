#include "core/json.hpp"
#include "core/text.hpp"
#include "store/conclude.hpp"
#include "store/overrides.hpp"
#include "store/plan.hpp"

#include <algorithm>
#include <utility>

// A transaction in the override layer. First everything that can be seen without applying it is
// checked, then unset comes before hidden and set, so that "unset a, set a.b" replaces a subtree.
// What would depend on an order that the request does not have is refused.
//
// A Set of the value that shows already is an override like any other: it stays when what lies
// below changes. It makes no revision, for no reader sees a difference.

namespace cfgd::store {
namespace {

/// A key and its new value; without one it is hidden.
struct assignment {
  key const* which = nullptr;
  boost::json::value const* value = nullptr;
};

error key_error(key const& which, std::string message) {
  return {.code = errc::bad_key, .message = std::move(message), .subject = which.str()};
}

/// All assignments in key order. Errors: bad_key (they overlap).
result<std::vector<assignment>> sorted_assignments(set_request const& asked) {
  std::vector<assignment> all;
  all.reserve(asked.values.size() + asked.hide.size());
  for (auto const& [which, value] : asked.values)
    all.push_back({&which, &value});
  for (auto const& which : asked.hide)
    all.push_back({&which, nullptr});
  std::ranges::sort(all, {}, [](assignment const& one) -> key const& { return *one.which; });

  // In key order whatever lies below a key follows it at once.
  for (std::size_t at = 1; at < all.size(); ++at)
    if (all[at - 1].which->contains(*all[at].which))
      return key_error(*all[at].which, "it is set twice, by itself and as part of '" +
                                           all[at - 1].which->str() + "'");
  for (auto const& which : asked.unset) {
    auto const behind = std::ranges::upper_bound(
        all, which, {}, [](assignment const& one) -> key const& { return *one.which; });
    if (behind != all.begin() && std::prev(behind)->which->contains(which))
      return key_error(which, "it is set and unset at once");
  }
  return all;
}

result<void> check_value(assignment const& one, limits const& bounds) {
  if (one.which->path().empty() && (one.value == nullptr || !one.value->is_object()))
    return error{.code = errc::bad_value,
                 .message = "the value of a namespace must be an object",
                 .subject = one.which->str()};
  if (one.value == nullptr) return {};
  if (auto const storable = json::check_storable(*one.value); !storable) {
    auto refused = storable.error();
    if (!refused.subject.empty()) refused.message += " (at " + refused.subject + ")";
    refused.subject = one.which->str();
    return refused;
  }
  auto const used = json::canonical(*one.value).size();
  if (used > bounds.value_bytes)
    return error{.code = errc::limit,
                 .message = "the value of '" + one.which->str() + "' is too large",
                 .subject = "value_bytes",
                 .used = used,
                 .maximum = bounds.value_bytes};
  return {};
}

result<void> check_request(set_request const& asked, revision_number revision,
                           limits const& bounds) {
  if (asked.if_revision && *asked.if_revision != revision)
    return error{.code = errc::conflict,
                 .message = "the service is at revision " + std::to_string(revision) + ", not " +
                            std::to_string(*asked.if_revision),
                 .used = revision,
                 .maximum = 0};
  if (asked.comment.size() > bounds.comment_bytes)
    return error{.code = errc::limit,
                 .message = "the comment is too long",
                 .subject = "comment_bytes",
                 .used = asked.comment.size(),
                 .maximum = bounds.comment_bytes};
  if (!is_clean_text(asked.comment))
    return error{.code = errc::bad_value,
                 .message = "the comment is no clean UTF-8 text",
                 .subject = "comment"};
  return {};
}

/// The namespaces that a request touches, while they are edited.
class layer_edits {
 public:
  explicit layer_edits(draft const& made) : made_(made) {}

  override_edit& of(std::string const& name_space) {
    if (auto const found = edits_.find(name_space); found != edits_.end()) return found->second;
    auto const* const state = made_.find(name_space);
    auto const* const before = state == nullptr ? nullptr : state->overrides.get();
    return edits_.emplace(name_space, override_edit(before)).first->second;
  }

  void put_into(draft& made) {
    for (auto& [name, edit] : edits_)
      if (edit.changed()) made.edit(name).overrides = edit.finish();
  }

  /// What was done to each layer.
  std::map<std::string, timed_record::layer_change> layer_changes() {
    std::map<std::string, timed_record::layer_change> all;
    for (auto& [name, edit] : edits_) {
      if (!edit.changed()) continue;
      auto const* const was = made_.was(name);
      all[name] = {was == nullptr ? nullptr : was->overrides, edit.finish()};
    }
    return all;
  }

  void set_revision(revision_number revision) {
    for (auto& [name, edit] : edits_)
      edit.set_revision(revision);
  }

 private:
  draft const& made_;
  std::map<std::string, override_edit> edits_;
};

} // namespace

outcome plan::apply(set_request const& asked) {
  if (auto const fine = check_request(asked, revision_, bounds_); !fine) return fine.error();
  auto const assignments = sorted_assignments(asked);
  if (!assignments) return assignments.error();
  for (auto const& one : *assignments)
    if (auto const fine = check_value(one, bounds_); !fine) return fine.error();

  if (auto const fine = check_ending(asked.ends); !fine) return fine.error();
  auto made = begin();
  layer_edits edits(made);
  override_origin by{.from = asked.from, .time = now_};
  by.from.where = layer::overrides;
  for (auto const& which : asked.unset)
    edits.of(which.name_space()).unset(which);
  static boost::json::value const null;
  for (auto const& one : *assignments)
    edits.of(one.which->name_space()).set(*one.which, one.value ? *one.value : null, by);
  edits.put_into(made);

  auto found = weigh(made, judge_, bounds_);
  if (!found.objections.empty()) return refusal_of(found.objections, bounds_);
  if (asked.ends && found.differences.empty()) return applied{.revision = revision_};
  auto done =
      conclude(made, std::move(found),
               {.revision = revision_,
                .now = now_,
                .how = grouping::one_change,
                .comment = asked.comment,
                .origin_of = [&by](std::string const&, key_change const&) { return by.from; }});
  if (asked.dry_run) {
    done.revision = revision_;
    return done;
  }
  edits.set_revision(done.revision);
  auto layers = edits.layer_changes();
  keep(std::move(made), done);
  if (asked.ends && !done.changes.empty())
    arm(*asked.ends, asked.from, asked.comment, done, std::move(layers));
  return done;
}

} // namespace cfgd::store
