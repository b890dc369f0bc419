#include "tests/integration/service_model.hpp"

#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/fit_overrides.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

// Layers are merged by RFC 7396, in its words; a schema says types and defaults of members and
// nothing else. Files that were found together are tried together; what is not valid is rejected
// in the order that the service promises: what was rejected before, new values, new schemas, and
// last files that are gone; what was rejected beside others is tried once more alone.
//
// One thing is borrowed: which overrides a rollback makes is for the service to choose, as long as
// they give the values. So its own way to them is asked for them.

namespace cfgd::test {
namespace {

namespace bj = boost::json;

/// Whether a proper part of a path is an array or a scalar.
bool leads_through_value(bj::object const& whole, std::span<std::string const> path) {
  auto const* at = &whole;
  for (std::size_t part = 0; part + 1 < path.size(); ++part) {
    auto const* const below = at->if_contains(path[part]);
    if (below == nullptr) return false;
    if (!below->is_object()) return true;
    at = &below->get_object();
  }
  return false;
}

void merge(bj::value& target, bj::value const& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target.emplace_object();
  for (auto const& member : patch.get_object()) {
    if (member.value().is_null())
      target.get_object().erase(member.key());
    else
      merge(target.get_object()[member.key()], member.value());
  }
}

bj::object const* properties_of(bj::object const& schema) {
  auto const* const found = schema.if_contains("properties");
  return found == nullptr ? nullptr : &found->as_object();
}

bj::object defaults_of(bj::object const& schema) {
  bj::object made;
  if (auto const* const properties = properties_of(schema)) {
    for (auto const& [name, below] : *properties) {
      if (auto const* const value = below.as_object().if_contains("default"))
        made[name] = *value;
      else if (auto nested = defaults_of(below.as_object()); !nested.empty())
        made[name] = nested;
    }
  }
  return made;
}

bool has_type(bj::value const& what, std::string_view type) {
  if (type == "string") return what.is_string();
  if (type == "boolean") return what.is_bool();
  if (type == "integer") return what.is_int64();
  throw std::logic_error("a type that the model does not know");
}

bool allows(bj::object const& schema, bj::object const& document) {
  auto const* const properties = properties_of(schema);
  if (properties == nullptr) return true;
  return std::ranges::all_of(*properties, [&](auto const& property) {
    auto const* const value = document.if_contains(property.key());
    if (value == nullptr) return true;
    auto const& below = property.value().as_object();
    auto const* const type = below.if_contains("type");
    if (type != nullptr && !has_type(*value, type->as_string())) return false;
    return !value->is_object() || allows(below, value->get_object());
  });
}

/// The only fault that schemas have here.
bool is_faulty(source_id const& id, bj::object const& says) {
  return id.what == source_kind::schema && says.contains("type");
}

bool erase(bj::object& from, std::span<std::string const> path) {
  auto* const found = from.if_contains(path[0]);
  if (found == nullptr) return false;
  if (path.size() > 1) {
    if (!found->is_object() || !erase(found->get_object(), path.subspan(1))) return false;
    if (!found->get_object().empty()) return true;
  }
  from.erase(path[0]);
  return true;
}

void put(bj::object& into, std::span<std::string const> path, bj::value const& what) {
  auto* at = &into;
  for (auto const& part : path.first(path.size() - 1)) {
    auto& below = (*at)[part];
    at = below.is_object() ? &below.get_object() : &below.emplace_object();
  }
  (*at)[path.back()] = what;
}

leaf_map leaves_of(std::map<std::string, std::string> const& texts) {
  leaf_map all;
  for (auto const& [name, text] : texts)
    canonical::for_each_leaf(key({name}), text, [&all](key const& at, std::string_view value) {
      all.emplace(at.str(), value);
      return true;
    });
  return all;
}

/// The canonical text of a namespace that has these leaves; empty: none.
std::string text_of_leaves(leaf_map const& leaves, std::string const& name) {
  bj::object made;
  for (auto const& [text, value] : below(leaves, name))
    put(made, key::parse(text).value().path(), json::parse(value).value());
  return made.empty() ? std::string() : json::canonical(made);
}

} // namespace

leaf_changes differences(leaf_map const& before, leaf_map const& after) {
  leaf_changes all;
  for (auto const& [key_text, value] : before)
    if (!after.contains(key_text)) all[key_text] = {value, ""};
  for (auto const& [key_text, value] : after) {
    auto const found = before.find(key_text);
    if (found == before.end())
      all[key_text] = {"", value};
    else if (found->second != value)
      all[key_text] = {found->second, value};
  }
  return all;
}

leaf_map below(leaf_map const& all, std::string const& key_text) {
  leaf_map found;
  for (auto const& one : all)
    if (key_text.empty() || one.first == key_text || one.first.starts_with(key_text + '.'))
      found.insert(one);
  return found;
}

/// One file while it is decided what of it counts.
struct service_model::edit {
  enum class rank : std::uint8_t { retryable, values, policy, removal };
  source_id id;
  std::string name;
  std::optional<file> now;  ///< if it counts; absent: it is gone
  std::optional<file> kept; ///< if it does not
  rank when = rank::values;
  bool can_be_rejected = false;
  bool rejected = false;

  bool is_live() const { return can_be_rejected && !rejected; }
  bool is_faulty() const { return is_live() && now && test::is_faulty(id, *now->is_effective); }
};

bj::object const* service_model::schema_of(name_space const& in) {
  for (auto const& [id, one] : in.files)
    if (id.what == source_kind::schema && one.is_effective) return &*one.is_effective;
  return nullptr;
}

std::optional<bj::object> service_model::effective(name_space const& in) {
  auto const* const schema = schema_of(in);
  bool exists = in.overrides || schema != nullptr;
  bj::value merged(bj::object_kind);
  if (schema != nullptr) merge(merged, defaults_of(*schema));
  for (auto const& [id, one] : in.files) {
    if (id.what != source_kind::values) continue;
    exists = true;
    if (one.is_effective) merge(merged, *one.is_effective);
  }
  if (in.overrides) merge(merged, *in.overrides);
  if (!exists) return std::nullopt;
  return merged.get_object();
}

bool service_model::is_valid(name_space const& in) {
  auto const* const schema = schema_of(in);
  bool const is_set = in.overrides || std::ranges::any_of(in.files, [](auto const& one) {
                        return one.first.what == source_kind::values && one.second.is_effective;
                      });
  return schema == nullptr || !is_set || allows(*schema, *effective(in));
}

bool service_model::is_valid(std::string const& name, bj::object const& document) const {
  auto const* const schema = schema_of(state_.at(name));
  return schema == nullptr || allows(*schema, document);
}

std::map<std::string, std::string> service_model::texts_of(state const& all) {
  std::map<std::string, std::string> texts;
  for (auto const& [name, one] : all)
    if (auto const document = effective(one)) texts[name] = json::canonical(*document);
  return texts;
}

service_model::edit service_model::make_edit(file_step const& step, file const* before) {
  edit made;
  made.id = step.id;
  made.name = *namespace_of(step.id);
  if (step.id.what == source_kind::schema) made.when = edit::rank::policy;
  made.kept = before == nullptr ? file() : *before;
  switch (step.what) {
  case file_step::kind::good:
    made.can_be_rejected = before == nullptr || before->is_effective != step.says;
    made.now = file{.is_effective = step.says};
    *made.kept = {.is_effective = made.kept->is_effective, .retryable = step.says};
    break;
  case file_step::kind::unreadable:
    made.now = file{.is_effective = made.kept->is_effective, .unreadable = true};
    break;
  case file_step::kind::gone:
    made.can_be_rejected = before != nullptr;
    made.when = edit::rank::removal;
    *made.kept = {.is_effective = made.kept->is_effective, .missing = true};
    break;
  case file_step::kind::touched:
    made.now = made.kept;
    break;
  }
  return made;
}

std::vector<service_model::edit>
service_model::make_edits(std::vector<file_step> const& steps) const {
  std::vector<edit> edits;
  std::set<source_id> in_steps;
  for (auto const& step : steps) {
    file const* before = nullptr;
    auto const found = state_.find(std::string(*namespace_of(step.id)));
    if (found != state_.end()) {
      auto const known = found->second.files.find(step.id);
      if (known != found->second.files.end()) before = &known->second;
    }
    in_steps.insert(step.id);
    if (before != nullptr || step.what != file_step::kind::gone)
      edits.push_back(make_edit(step, before));
  }
  for (auto const& [name, in] : state_) {
    for (auto const& [id, one] : in.files) {
      if (!one.is_tried_again() || in_steps.contains(id)) continue;
      edits.push_back(
          {.id = id,
           .name = name,
           .now = one.missing ? std::nullopt : std::optional(file{.is_effective = one.retryable}),
           .kept = one,
           .when = edit::rank::retryable,
           .can_be_rejected = true});
    }
  }
  return edits;
}

service_model::state service_model::with(state all, std::vector<edit> const& edits) {
  for (auto const& one : edits) {
    auto& files = all[one.name].files;
    auto const& put = one.rejected ? one.kept : one.now;
    if (put)
      files[one.id] = *put;
    else
      files.erase(one.id);
  }
  return all;
}

bool service_model::is_fine(state const& tried, std::vector<edit> const& edits) {
  return std::ranges::none_of(edits, &edit::is_faulty) &&
         std::ranges::all_of(tried, [](auto const& one) { return is_valid(one.second); });
}

bool service_model::reject_invalid(state const& tried, std::vector<edit>& edits) {
  using enum edit::rank;
  for (auto const rank : {retryable, values, policy, removal}) {
    bool rejected = false;
    for (auto& one : edits) {
      if (one.when != rank || !one.is_live()) continue;
      if (!one.is_faulty() && is_valid(tried.at(one.name))) continue;
      one.rejected = true;
      rejected = true;
    }
    if (rejected) return true;
  }
  return false;
}

std::vector<leaf_changes> service_model::apply(std::vector<file_step> const& steps, grouping how) {
  auto edits = make_edits(steps);
  auto best = with(state_, edits);
  while (!is_fine(best, edits)) {
    if (!reject_invalid(best, edits)) throw std::logic_error("nothing is left to be rejected");
    best = with(state_, edits);
  }
  auto const is_newly_rejected = [](edit const& one) {
    return one.rejected && one.when != edit::rank::retryable;
  };
  if (std::ranges::count_if(edits, is_newly_rejected) > 1) {
    for (auto& one : edits) {
      if (!is_newly_rejected(one)) continue;
      one.rejected = false;
      auto again = with(state_, edits);
      if (is_fine(again, edits))
        best = std::move(again);
      else
        one.rejected = true;
    }
  }

  std::vector<leaf_changes> revisions;
  auto const take = [&](state next) {
    if (auto changed = record(std::move(next))) revisions.push_back(*std::move(changed));
  };
  if (how == grouping::change_per_namespace) {
    for (auto& [name, in] : best) {
      auto next = state_;
      next[name] = std::move(in);
      take(std::move(next));
    }
  } else {
    take(std::move(best));
  }
  return revisions;
}

std::optional<leaf_changes> service_model::record(state next) {
  auto after = leaves_of(texts_of(next));
  auto changed = differences(leaves(), after);
  state_ = std::move(next);
  if (changed.empty()) return std::nullopt;
  history_[++revision_] = std::move(after);
  return changed;
}

service_model::outcome service_model::take(state next, mode how) {
  auto const before = texts_of(state_);
  auto const after = texts_of(next);
  for (auto const& [name, in] : next) {
    auto const was = before.find(name);
    auto const is = after.find(name);
    bool const same = was == before.end() || is == after.end()
                          ? (was == before.end()) == (is == after.end())
                          : was->second == is->second;
    if (!same && !is_valid(in)) return {.refused = true};
  }
  outcome out;
  if (how == mode::dry_run) {
    if (auto changed = differences(leaves(), leaves_of(after)); !changed.empty()) {
      out.own = 1;
      out.revisions.push_back(std::move(changed));
    }
    return out;
  }
  if (auto changed = record(std::move(next))) {
    out.own = 1;
    out.revisions.push_back(*std::move(changed));
  }
  if (before != after && has_retryable()) {
    auto again = apply({}, grouping::one_change);
    out.revisions.insert(out.revisions.end(), again.begin(), again.end());
  }
  return out;
}

service_model::outcome service_model::set(set_step const& what, mode how) {
  auto next = state_;
  for (auto const& which : what.unset) {
    auto& document = next[which.name_space()].overrides;
    if (!document) continue;
    bool const removed = which.path().empty() || erase(*document, which.path());
    if (which.path().empty() || (removed && document->empty())) document.reset();
  }
  for (auto const& [which, value] : what.values) {
    auto const found = next.find(which.name_space());
    auto const whole = found == next.end() ? std::nullopt : effective(found->second);
    if (whole && leads_through_value(*whole, which.path()))
      return {.refused = true, .is_bad_key = true};
  }
  for (auto const& [which, value] : what.values) {
    auto& document = next[which.name_space()].overrides;
    if (!document) document.emplace();
    if (which.path().empty())
      document = value.as_object();
    else
      put(*document, which.path(), value);
  }
  return take(std::move(next), how);
}

service_model::outcome service_model::roll_back(std::uint64_t revision, std::string const& name,
                                                mode how) {
  auto next = state_;
  auto const now = texts();
  for (auto& [which, in] : next) {
    if (!name.empty() && which != name) continue;
    auto const wanted = text_of_leaves(history_.at(revision), which);
    auto const is = now.find(which);
    if (is == now.end() ? wanted.empty() : is->second == wanted) continue;

    engine::namespace_state layers;
    layers.value.name_space = which;
    auto const add = [&layers](source_id const& id, bj::object const& says) {
      auto made = std::make_shared<engine::source_record>();
      made->row.id = id;
      made->row.is_effective = true;
      made->document = {id.what, {.root = says, .places = {}}};
      layers.sources[id] = made;
    };
    if (auto const* const schema = schema_of(in))
      add({layer::defaults, which + ".json"}, defaults_of(*schema));
    for (auto const& [id, one] : in.files)
      if (id.what == source_kind::values && one.is_effective) add(id, *one.is_effective);
    if (in.overrides) {
      layers.overrides = engine::make_overrides({{key({which}), {{}, *in.overrides}}});
    }
    engine::override_editor way(layers.overrides.get());
    if (!engine::fit_overrides(way, layers, wanted, {}))
      throw std::runtime_error("it is not reached");
    if (!way.changed()) continue;
    auto const made = way.finish();
    in.overrides.reset();
    if (made) in.overrides = made->document();
  }
  return take(std::move(next), how);
}

service_model::outcome service_model::restore(std::map<std::string, bj::object> const& overrides) {
  auto next = state_;
  for (auto& [name, in] : next)
    in.overrides.reset();
  for (auto const& [name, document] : overrides)
    next[name].overrides = document;
  return take(std::move(next), mode::real);
}

void service_model::compact(std::uint64_t keep) {
  auto const first = revision_ < keep ? 1 : revision_ - keep + 1;
  oldest_ = std::max(oldest_, first);
  history_.erase(history_.begin(), history_.find(oldest_ - 1));
}

std::vector<file_step> service_model::missing() const {
  std::vector<file_step> all;
  for (auto const& [name, in] : state_)
    for (auto const& [id, one] : in.files)
      if (one.missing) all.push_back({.id = id, .what = file_step::kind::gone});
  return all;
}

leaf_changes service_model::changes_of(std::uint64_t revision) const {
  return differences(history_.at(revision - 1), history_.at(revision));
}

std::map<std::string, bj::object> service_model::overrides() const {
  std::map<std::string, bj::object> all;
  for (auto const& [name, in] : state_)
    if (in.overrides) all[name] = *in.overrides;
  return all;
}

std::optional<std::string> service_model::state_of(source_id const& id) const {
  auto const found = state_.find(std::string(*namespace_of(id)));
  if (found == state_.end()) return std::nullopt;
  auto const known = found->second.files.find(id);
  if (known == found->second.files.end()) return std::nullopt;
  if (known->second.missing) return "missing";
  return known->second.retryable || known->second.unreadable ? "quarantined" : "active";
}

bool service_model::has_retryable() const {
  return std::ranges::any_of(state_, [](auto const& in) {
    return std::ranges::any_of(in.second.files,
                               [](auto const& one) { return one.second.is_tried_again(); });
  });
}

} // namespace cfgd::test
