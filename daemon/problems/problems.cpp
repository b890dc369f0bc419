#include "daemon/problems/problems.hpp"

#include "core/json.hpp"
#include "core/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <stdexcept>

// There are a few hundred at most, so every look-up is a linear search. The order is that of the
// last occurrence: the newest are listed first and the oldest are dropped first.
//
// Peers cause events only, which are resolved at once and kept once for each peer. So no client can
// displace the problems of the service, whatever it does wrong.

namespace cfgd {
namespace {

namespace bj = boost::json;

constexpr std::int64_t text_version = 1;

/// Text that is valid in JSON, whatever the names of files are, and of at most `most` bytes.
std::string tidy(std::string text, std::size_t most) {
  if (text.size() > most) {
    text.resize(most);
    // The cut may be within a character.
    while (!text.empty() && !is_clean_text(text) && text.size() + 4 > most)
      text.pop_back();
  }
  if (!is_clean_text(text))
    std::replace_if(
        text.begin(), text.end(),
        [](char one) { return one == '\0' || (static_cast<unsigned char>(one) & 0x80U) != 0; },
        '?');
  return text;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char one) { return one >= '0' && one <= '9'; });
}

bj::value to_value(std::string const& text) {
  return is_number(text) ? bj::value(std::stoll(text)) : bj::value(text);
}

bj::object context_of(problem const& which) {
  bj::object out;
  for (auto const& [name, text] : which.context) {
    auto& value = out[name];
    if (value.is_null()) {
      value = to_value(text);
    } else {
      if (!value.is_array()) value = bj::array{std::move(value)};
      value.get_array().push_back(to_value(text));
    }
  }
  return out;
}

std::int64_t to_number(wall_time when) { return when.time_since_epoch().count(); }
wall_time to_time(bj::value const& number) {
  return wall_time(std::chrono::milliseconds(number.as_int64()));
}
std::string to_string(bj::value const& text) { return std::string(text.as_string()); }

bj::object to_record(problem const& which) {
  bj::array context;
  for (auto const& [name, text] : which.context)
    context.push_back(bj::array{name, text});
  bj::object out{{"situation", which.what->name},
                 {"kind", to_string(which.kind)},
                 {"message", which.message},
                 {"source", which.source},
                 {"recovery", which.recovery},
                 {"first", to_number(which.first)},
                 {"last", to_number(which.last)},
                 {"count", which.count},
                 {"id", which.id}};
  out["context"] = std::move(context);
  if (which.resolved) out["resolved"] = to_number(*which.resolved);
  return out;
}

/// Absent: of a situation that this version does not know. Throws if it is not a record.
std::optional<problem> read_record(bj::object const& from) {
  auto const* const what = find_situation(from.at("situation").as_string());
  auto const kind = parse_problem_kind(from.at("kind").as_string());
  if (what == nullptr || !kind) return std::nullopt;
  problem out{.id = static_cast<std::uint64_t>(from.at("id").as_int64()),
              .what = what,
              .kind = *kind,
              .message = to_string(from.at("message")),
              .source = to_string(from.at("source")),
              .recovery = to_string(from.at("recovery")),
              .first = to_time(from.at("first")),
              .last = to_time(from.at("last")),
              .count = static_cast<std::uint64_t>(from.at("count").as_int64())};
  for (auto const& one : from.at("context").as_array())
    out.context.emplace_back(to_string(one.as_array().at(0)), to_string(one.as_array().at(1)));
  if (auto const* const when = from.if_contains("resolved")) out.resolved = to_time(*when);
  return out;
}

} // namespace

bj::object to_json(problem const& which) {
  bj::object out{{"id", which.id},
                 {"kind", to_string(which.kind)},
                 {"message", which.message},
                 {"source", which.source},
                 {"recoverable", which.what->recoverable},
                 {"recovery", which.recovery},
                 {"time", to_rfc3339(which.first)},
                 {"count", which.count}};
  out["context"] = context_of(which);
  if (which.count > 1) out["lastTime"] = to_rfc3339(which.last);
  if (which.resolved) out["resolved"] = to_rfc3339(*which.resolved);
  return out;
}

problem* problems::find(occurrence const& what, problem_kind kind) {
  auto const found = std::ranges::find_if(kept_, [&](problem const& one) {
    return one.what == &what.what && one.kind == kind && one.source == what.source &&
           (one.what->how_long == lasting::event || one.message == what.message);
  });
  return found == kept_.end() ? nullptr : &*found;
}

void problems::note(occurrence happened, wall_time now) {
  auto const kind = happened.kind.value_or(happened.what.kind);
  ++counts_.at(static_cast<std::size_t>(kind));
  happened.message = tidy(std::move(happened.message), message_bytes);
  happened.source = tidy(std::move(happened.source), message_bytes);
  happened.recovery = tidy(std::move(happened.recovery), message_bytes);
  if (happened.source.empty()) happened.source = happened.what.source;
  if (happened.recovery.empty()) happened.recovery = happened.what.recovery;
  if (happened.context.size() > context_entries) happened.context.resize(context_entries);
  for (auto& [name, text] : happened.context)
    text = tidy(std::move(text), message_bytes);

  problem newest;
  if (auto* const same = find(happened, kind)) {
    newest = std::move(*same);
    ++newest.count;
    std::erase_if(kept_, [&](problem const& one) { return &one == same; });
  } else {
    make_room();
    newest = {.id = next_id_++, .what = &happened.what, .kind = kind, .first = now};
  }
  // A file has one fault at a time: that of its newest content.
  if (happened.what.how_long == lasting::file) resolve_file(happened.source, now);
  newest.message = std::move(happened.message);
  newest.source = std::move(happened.source);
  newest.recovery = std::move(happened.recovery);
  newest.context = std::move(happened.context);
  newest.last = now;
  newest.resolved.reset();
  if (newest.what->how_long == lasting::event) newest.resolved = now;
  kept_.push_back(std::move(newest));
}

void problems::make_room() {
  if (kept_.size() < capacity_) return;
  auto victim =
      std::ranges::find_if(kept_, [](problem const& one) { return one.resolved.has_value(); });
  if (victim == kept_.end())
    victim = std::ranges::find_if(kept_, [](problem const& one) { return one.what->recoverable; });
  kept_.erase(victim == kept_.end() ? kept_.begin() : victim);
}

template <class Fits>
std::size_t problems::resolve_open(wall_time now, Fits fits) {
  std::size_t ended = 0;
  for (auto& one : kept_) {
    if (one.resolved || !fits(one)) continue;
    one.resolved = now;
    ++ended;
  }
  return ended;
}

std::size_t problems::resolve(std::string_view situation_name, std::string_view source,
                              wall_time now) {
  return resolve_open(now, [&](problem const& one) {
    return one.what->name == situation_name && (source.empty() || one.source == source);
  });
}

std::size_t problems::resolve_file(std::string_view path, wall_time now) {
  return resolve_open(now, [&](problem const& one) {
    return one.what->how_long == lasting::file && one.source == path;
  });
}

void problems::amend(std::string_view situation_name, std::string const& name,
                     std::string const& text) {
  for (auto& one : kept_) {
    if (one.resolved || one.what->name != situation_name) continue;
    std::erase_if(one.context, [&](auto const& entry) { return entry.first == name; });
    one.context.emplace_back(name, text);
  }
}

std::vector<problem const*> problems::list(std::optional<problem_kind> kind,
                                           std::size_t limit) const {
  std::vector<problem const*> out;
  for (auto one = kept_.rbegin(); one != kept_.rend() && out.size() < limit; ++one)
    if (!kind || one->kind == *kind) out.push_back(&*one);
  return out;
}

bool problems::is_open(std::string_view situation_name, std::string_view source) const {
  return std::ranges::any_of(kept_, [&](problem const& one) {
    return !one.resolved && one.what->name == situation_name &&
           (source.empty() || one.source == source);
  });
}

bool problems::critical() const {
  return std::ranges::any_of(
      kept_, [](problem const& one) { return !one.resolved && !one.what->recoverable; });
}

problems::by_kind problems::open_counts() const {
  by_kind open{};
  for (auto const& one : kept_)
    if (!one.resolved) ++open.at(static_cast<std::size_t>(one.kind));
  return open;
}

std::string problems::to_text() const {
  bj::array list;
  for (auto const& one : kept_)
    list.push_back(to_record(one));
  bj::object out{{"version", text_version}, {"next", next_id_}};
  out["problems"] = std::move(list);
  return json::pretty(out) + '\n';
}

bool problems::read_text(std::string_view text, wall_time now) {
  auto const read = json::parse(text);
  if (!read) return false;
  std::deque<problem> taken;
  std::uint64_t next = 1;
  try {
    auto const& root = read->as_object();
    if (root.at("version").as_int64() != text_version) return false;
    for (auto const& one : root.at("problems").as_array())
      if (auto known = read_record(one.as_object())) taken.push_back(std::move(*known));
    next = static_cast<std::uint64_t>(root.at("next").as_int64());
  } catch (std::exception const&) {
    return false; // a member is missing or is something else
  }
  while (taken.size() > capacity_)
    taken.pop_front();
  for (auto& one : taken)
    if (!one.resolved && one.what->how_long != lasting::file) one.resolved = now;
  kept_ = std::move(taken);
  next_id_ = std::max(next, next_id_);
  for (auto const& one : kept_)
    next_id_ = std::max(next_id_, one.id + 1);
  return true;
}

} // namespace cfgd
