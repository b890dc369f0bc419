/// Masks: a link to /dev/null in a layer means that the files of its name in lower layers do not
/// count. A masked source is reported as gone. It stays known here, so that it can be listed, and
/// read again when the link goes.
#include "watchers/ledger.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::watchers {

source_id ledger::in_layer(source_id const& id, layer where) {
  return {.where = where, .relative = id.relative, .what = id.what};
}

std::optional<source_id> ledger::mask_of(source_id const& id) const {
  if (masks_.empty()) return std::nullopt;
  for (auto const& [place, directory] : directories_) {
    auto const& [where, what] = place;
    if (what != id.what || where <= id.where) continue;
    if (auto by = in_layer(id, where); masks_.contains(by)) return by;
  }
  return std::nullopt;
}

/// Reports a source as gone, unless it is masked already, and keeps it as a masked one.
void ledger::hide(source_id const& id, source_id const& by,
                  std::vector<observation>& observations) {
  auto const known = known_.find(id);
  if (known == known_.end() || known->second.masked) return;
  missing_.erase(id);
  emptied_.erase(id);
  state now;
  now.identity = known->second.identity;
  now.location = known->second.location;
  now.linked = known->second.linked;
  now.masked = true;
  known->second = std::move(now);
  observations.push_back({.id = id,
                          .path = path_of(id),
                          .identity = {},
                          .what = observation::gone{.masked_by = path_of(by)}});
}

ledger::outcome ledger::take_mask(finding const& found, std::vector<observation>& observations) {
  auto const& id = found.id;
  if (auto const own = known_.find(id); own != known_.end()) {
    if (own->second.masked) { // by a layer above
      forget_link(own->second);
      known_.erase(own);
    } else {
      report_gone(id, observations);
    }
  }
  missing_.erase(id);
  emptied_.erase(id);
  masks_.insert(id);
  for (auto const& [place, directory] : directories_) {
    auto const& [where, what] = place;
    if (what == id.what && where < id.where) hide(in_layer(id, where), id, observations);
  }
  return outcome::settled;
}

ledger::outcome ledger::take_masked(finding const& found, source_id const& by,
                                    std::vector<observation>& observations) {
  hide(found.id, by, observations);
  if (std::holds_alternative<finding::absent>(found.what)) {
    auto const known = known_.find(found.id);
    if (known == known_.end()) return outcome::settled;
    forget_link(known->second);
    known_.erase(known);
    return outcome::settled;
  }
  auto& known = known_[found.id];
  move_to(known, found);
  known.identity = found.identity;
  known.masked = true;
  return outcome::settled;
}

/// The source is not a link to /dev/null, or not any more.
void ledger::unmask(source_id const& id) {
  if (masks_.erase(id) == 0) return;
  for (auto const& [place, directory] : directories_) {
    auto const& [where, what] = place;
    if (what != id.what || where >= id.where) continue;
    auto const known = known_.find(in_layer(id, where));
    if (known == known_.end() || !known->second.masked || mask_of(known->first)) continue;
    known->second.masked = false;
    known->second.identity = {};
    unmasked_.push_back(known->first);
  }
}

std::vector<unused_file> ledger::masked() const {
  std::vector<unused_file> all;
  std::set<source_id> effective;
  for (auto const& [id, known] : known_) {
    auto const by = known.masked ? mask_of(id) : std::nullopt;
    if (!by) continue;
    effective.insert(*by);
    all.push_back({.id = id,
                   .path = path_of(id),
                   .size = known.identity.size,
                   .how = unused_file::reason::masked,
                   .why = "masked by '" + path_of(*by) + "'"});
  }
  for (auto const& id : masks_) {
    if (effective.contains(id)) continue;
    all.push_back({.id = id,
                   .path = path_of(id),
                   .size = 0,
                   .how = unused_file::reason::ignored,
                   .why = "a link to /dev/null that masks no file: there is none of this name in "
                          "a lower layer"});
  }
  return all;
}

} // namespace cfgd::watchers
