#include "daemon/unrecorded_changes.hpp"

#include <iterator>
#include <utility>
#include <variant>

namespace cfgd {

using watchers::observation;

bool unrecorded_changes::collect_first_look(std::vector<observation>& observed) {
  if (!first_look_) return false;
  std::move(observed.begin(), observed.end(), std::back_inserter(collected_));
  return true;
}

std::optional<std::vector<observation>> unrecorded_changes::end_first_look() {
  first_look_ = false;
  if (collected_.empty() && environment_.empty()) return std::nullopt;
  return std::exchange(collected_, {});
}

unrecorded_changes::attempt unrecorded_changes::begin(std::vector<observation> const& observed) {
  attempt begun;
  for (auto const& one : observed) {
    begun.files.insert(one.id);
    if (!std::holds_alternative<observation::content>(one.what)) begun.kept.push_back(one);
  }
  return begun;
}

void unrecorded_changes::forget(std::set<source_id> const& files) {
  std::erase_if(waiting_, [&](auto const& one) { return files.contains(one.id); });
}

void unrecorded_changes::succeeded(attempt const& which) {
  forget(which.files);
  for (auto const& file : which.files)
    failing_.erase(file);
  environment_.clear();
  environment_failure_.reset();
}

void unrecorded_changes::failed(attempt&& which, error const& why) {
  forget(which.files);
  for (auto const& file : which.files)
    failing_.insert_or_assign(file, why);
  if (!environment_.empty()) environment_failure_ = why;
  std::move(which.kept.begin(), which.kept.end(), std::back_inserter(waiting_));
}

std::optional<error> unrecorded_changes::failure() const {
  if (!failing_.empty()) return failing_.begin()->second;
  return environment_failure_;
}

std::optional<std::vector<observation>> unrecorded_changes::take_retry() {
  if (waiting_.empty() && environment_.empty()) return std::nullopt;
  return std::exchange(waiting_, {});
}

} // namespace cfgd
