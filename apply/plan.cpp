#include "apply/plan.hpp"

#include <map>
#include <utility>

namespace cfgd::apply {
namespace {

void add(std::string& to, std::string_view part) {
  // With its length, so that no two lists of parts have the same text.
  to.append(std::to_string(part.size())).append(1, ':').append(part);
}

std::string fingerprint_of(target const& which, std::vector<compared_file> const& files) {
  std::string text;
  if (which.as) add(text, which.as->name);
  for (std::string_view const part :
       {std::string_view(which.unit), to_string(which.act), std::string_view(which.signal)})
    add(text, part);
  for (auto const& word : which.verify)
    add(text, word);
  add(text, std::to_string(which.active.count()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto const& how = which.files[i];
    add(text, how.path);
    add(text, *files[i].bytes);
    for (unsigned const number : {how.owner, how.group, how.mode})
      add(text, std::to_string(number));
    for (auto const& word : how.check)
      add(text, word);
  }
  return hex_of(hash_content(text));
}

bool has_attributes(file_state const& now, target_file const& how) {
  return now.owner == how.owner && now.group == how.group && now.mode == how.mode;
}

std::string recorded_hash(target_record const* known, std::string const& path) {
  if (known == nullptr) return {};
  auto const found = known->files.find(path);
  return found == known->files.end() ? std::string() : found->second;
}

} // namespace

decision decide(target const& which, std::vector<compared_file> const& files,
                target_record const* known, insistence how) {
  for (auto const& file : files) {
    if (!file.bytes)
      return {.what = decision::kind::faulty, .message = to_string(file.bytes.error())};
    if (!file.now) return {.what = decision::kind::faulty, .message = to_string(file.now.error())};
  }
  decision out{.fingerprint = fingerprint_of(which, files)};
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto const& now = *files[i].now;
    auto const& path = which.files[i].path;
    bool const is_same = now.hash && *now.hash == hash_content(*files[i].bytes);
    if (!is_same || !has_attributes(now, which.files[i])) out.files.push_back(i);
    bool const is_foreign = now.hash && !is_same && hex_of(*now.hash) != recorded_hash(known, path);
    if (!is_foreign || how == insistence::forced || !out.message.empty()) continue;
    out.what = decision::kind::conflict;
    out.message = recorded_hash(known, path).empty()
                      ? path + " was not written by cfgd-apply and has other content"
                      : path + " was changed since it was last written";
  }
  if (out.what == decision::kind::conflict) return out;
  if (out.files.empty()) return out;
  bool const has_failed = known != nullptr && known->state == condition::failed &&
                          known->fingerprint == out.fingerprint;
  if (has_failed && how == insistence::none) {
    out.what = decision::kind::failed_before;
    out.message = known->message;
    return out;
  }
  out.what = decision::kind::replace;
  return out;
}

std::vector<std::vector<std::size_t>> group_by_unit(std::vector<target const*> const& which) {
  std::vector<std::vector<std::size_t>> groups;
  groups.reserve(which.size());
  std::map<std::string, std::size_t> of_unit;
  for (std::size_t i = 0; i < which.size(); ++i) {
    auto const& unit = which[i]->unit;
    auto const at =
        unit.empty() ? groups.size() : of_unit.try_emplace(unit, groups.size()).first->second;
    if (at == groups.size()) groups.emplace_back();
    groups[at].push_back(i);
  }
  return groups;
}

} // namespace cfgd::apply
