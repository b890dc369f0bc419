#include "store/model.hpp"

#include "core/json.hpp"
#include "store/merge.hpp"
#include "store/overrides.hpp"

#include <boost/assert.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/range/adaptor/reversed.hpp>

#include <utility>

// Merging and explaining read the same layers in opposite directions: from the bottom to give one
// value, from the top to tell where it came from. The merged document lives only until it is
// written as text, so it is built in a buffer that is dropped whole.

namespace cfgd::store {
namespace {

std::optional<candidate> ask(boost::json::object const& layer, key const& which) {
  if (which.path().empty()) return candidate{.value = json::canonical(layer)};
  auto const answer = look_up(layer, which.path());
  if (answer.what == layer_answer::kind::nothing) return std::nullopt;
  candidate found;
  if (answer.value != nullptr) found.value = json::canonical(*answer.value);
  return found;
}

std::optional<candidate> ask(override_record const& overrides, key const& which) {
  auto found = ask(overrides.document, which);
  if (!found) return found;
  if (auto const* const by = find_origin(overrides, which); by != nullptr) found->from = by->from;
  found->from.where = layer::overrides;
  return found;
}

std::optional<candidate> ask(source_record const& source, key const& which) {
  if (!source.row.in_force) return std::nullopt;
  auto found = ask(source.document.root, which);
  if (!found) return found;
  found->from.where = source.row.id.where;
  found->from.path = source.row.path;
  found->from.at = find_place(source.document, which.path());
  found->from.revision = source.row.revision;
  return found;
}

} // namespace

std::string merged_text(namespace_state const& state) {
  boost::json::monotonic_resource memory;
  boost::json::value merged(boost::json::object_kind, &memory);
  for (auto const& [id, source] : state.sources)
    if (source->row.in_force) merge_patch(merged.get_object(), source->document.root);
  if (state.overrides) merge_patch(merged.get_object(), state.overrides->document);
  return json::canonical(merged);
}

std::optional<source_transition> find_transition(source_record const* before,
                                                 source_record const* now) {
  BOOST_ASSERT(before != nullptr || now != nullptr);
  auto const was = before != nullptr ? before->row.status : source_status::active;
  if (now != nullptr && now->row.status == was &&
      (before == nullptr || now->row.why == before->row.why))
    return std::nullopt;
  return source_transition{.now = now != nullptr ? now->row : before->row,
                           .before = was,
                           .was_known = before != nullptr,
                           .gone = now == nullptr};
}

explanation explain(namespace_state const& state, key const& which) {
  explanation all;
  if (state.value.text) {
    if (auto const text = canonical::find(*state.value.text, which.path()); text)
      all.value = std::string(*text);
  }
  auto const add = [&all](std::optional<candidate>&& found) {
    if (found) all.candidates.push_back(std::move(*found));
  };
  if (state.overrides) add(ask(*state.overrides, which));
  for (auto const& [id, source] : boost::adaptors::reverse(state.sources))
    add(ask(*source, which));
  return all;
}

} // namespace cfgd::store
