#include "apply/record.hpp"

#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace cfgd::apply {
namespace {

namespace bj = boost::json;

constexpr std::array<std::string_view, 4> conditions{"applied", "failed", "conflict", "faulty"};
constexpr std::array<std::string_view, 3> phases{"replacing", "acting", "restoring"};

std::string text_at(bj::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_at(bj::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  return value != nullptr && value->is_int64() ? static_cast<std::uint64_t>(value->get_int64()) : 0;
}

bj::array const& list_at(bj::object const& from, std::string_view name) {
  static bj::array const none;
  auto const* const value = from.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

template <std::size_t Count>
std::uint8_t index_of(std::array<std::string_view, Count> const& words, std::string_view word) {
  auto const found = std::ranges::find(words, word);
  return found == words.end() ? std::uint8_t{0} : static_cast<std::uint8_t>(found - words.begin());
}

application_record read_application(bj::object const& from) {
  application_record out{.revision = number_at(from, "revision"),
                         .unit = text_at(from, "unit"),
                         .action = text_at(from, "action"),
                         .signal = text_at(from, "signal")};
  for (auto const& one : list_at(from, "targets")) {
    if (!one.is_object()) continue;
    auto const& object = one.get_object();
    auto& target =
        out.targets.emplace_back(replaced_target{.name = text_at(object, "name"),
                                                 .fingerprint = text_at(object, "fingerprint"),
                                                 .user = text_at(object, "user")});
    for (auto const& file : list_at(object, "files"))
      if (auto const* const what = file.if_object(); what != nullptr)
        target.files.push_back({.path = text_at(*what, "path"),
                                .before = text_at(*what, "before"),
                                .after = text_at(*what, "after")});
  }
  return out;
}

target_record read_target_record(bj::object const& from) {
  target_record out{.state = static_cast<condition>(index_of(conditions, text_at(from, "state"))),
                    .revision = number_at(from, "revision"),
                    .message = text_at(from, "message"),
                    .time = text_at(from, "time"),
                    .fingerprint = text_at(from, "fingerprint")};
  if (auto const* const files = from.if_contains("files"); files != nullptr && files->is_object())
    for (auto const& file : files->get_object())
      if (file.value().is_string()) out.files.emplace(file.key(), file.value().get_string());
  return out;
}

std::string line_of(bj::object const& what) { return json::canonical(what); }

} // namespace

std::string_view to_string(condition which) {
  return conditions.at(static_cast<std::size_t>(which));
}
std::string_view to_string(phase which) { return phases.at(static_cast<std::size_t>(which)); }

std::string hex_of(content_hash const& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(hash.size() * 2);
  for (auto const byte : hash)
    out.append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  return out;
}

std::string begin_line(application_record const& what) {
  bj::array targets;
  targets.reserve(what.targets.size());
  for (auto const& one : what.targets) {
    bj::array files;
    files.reserve(one.files.size());
    for (auto const& file : one.files)
      files.push_back({{"path", file.path}, {"before", file.before}, {"after", file.after}});
    targets.push_back({{"name", one.name},
                       {"fingerprint", one.fingerprint},
                       {"user", one.user},
                       {"files", std::move(files)}});
  }
  return line_of({{"begin",
                   {{"revision", what.revision},
                    {"unit", what.unit},
                    {"action", what.action},
                    {"signal", what.signal},
                    {"targets", std::move(targets)}}}});
}

std::string phase_line(phase at, std::string_view message) {
  return line_of({{"phase", to_string(at)}, {"message", message}});
}

std::string end_line() { return line_of({{"end", true}}); }

bj::object json_of(target_record const& what) {
  bj::object files;
  for (auto const& [path, hash] : what.files)
    files[path] = hash;
  return {{"state", to_string(what.state)},  {"revision", what.revision},
          {"message", what.message},         {"time", what.time},
          {"fingerprint", what.fingerprint}, {"files", std::move(files)}};
}

std::string target_line(std::string const& name, target_record const& what) {
  return line_of({{"target", name}, {"record", json_of(what)}});
}

result<void> take_line(journal_state& into, std::string_view line) {
  auto const value = json::parse(line);
  if (!value) return value.error();
  auto const* const object = value->if_object();
  if (object == nullptr) return error{.code = errc::parse, .message = "a line must be an object"};
  if (auto const* const begin = object->if_contains("begin");
      begin != nullptr && begin->is_object())
    into.open = read_application(begin->get_object());
  if (object->contains("phase") && into.open) {
    into.open->at = static_cast<phase>(index_of(phases, text_at(*object, "phase")));
    into.open->message = text_at(*object, "message");
  }
  if (auto const* const record = object->if_contains("record");
      record != nullptr && record->is_object())
    into.targets[text_at(*object, "target")] = read_target_record(record->get_object());
  if (object->contains("end")) into.open.reset();
  return {};
}

std::string compacted(journal_state const& state) {
  std::string out;
  for (auto const& [name, record] : state.targets)
    out.append(target_line(name, record)).append(1, '\n');
  if (!state.open) return out;
  out.append(begin_line(*state.open)).append(1, '\n');
  if (state.open->at != phase::replacing)
    out.append(phase_line(state.open->at, state.open->message)).append(1, '\n');
  return out;
}

} // namespace cfgd::apply
