#include "core/json.hpp"
#include "daemon/consumers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <utility>

// The record of consumers in the store: a list of objects, as docs/store-format.md has it.

namespace cfgd {
namespace {

namespace bj = boost::json;

template <class T>
std::optional<T> number_in(bj::object const& of, std::string_view name) {
  auto const* const found = of.if_contains(name);
  if (found == nullptr || !found->is_int64() || found->get_int64() < 0) return std::nullopt;
  return static_cast<T>(found->get_int64());
}

std::string text_in(bj::object const& of, std::string_view name) {
  auto const* const found = of.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::vector<std::string> prefixes_in(bj::object const& of) {
  std::vector<std::string> list;
  auto const* const found = of.if_contains("prefixes");
  if (found == nullptr || !found->is_array()) return list;
  list.reserve(found->get_array().size());
  for (auto const& one : found->get_array())
    if (one.is_string()) list.emplace_back(one.get_string());
  return list;
}

bj::object to_record(std::string const& name, consumers::facts const& known) {
  bj::object out{{"name", name},
                 {"uid", known.uid},
                 {"applied", known.applied},
                 {"delivered", known.delivered},
                 {"since", known.since.time_since_epoch().count()}};
  if (!known.unit.empty()) out["unit"] = known.unit;
  if (known.prefixes.empty()) return out;
  bj::array list;
  list.reserve(known.prefixes.size());
  for (auto const& one : known.prefixes)
    list.emplace_back(one);
  out["prefixes"] = std::move(list);
  return out;
}

} // namespace

std::string consumers::encode() const {
  std::string out("[");
  for (auto const& [name, one] : all_) {
    if (out.size() > 1) out += ',';
    json::append_canonical(out, to_record(name, one.known));
  }
  return out += ']';
}

void consumers::load(std::string_view record, revision_number current) {
  auto const parsed = json::parse(record);
  if (!parsed || !parsed->is_array()) return;
  for (auto const& each : parsed->get_array()) {
    auto const* const one = each.if_object();
    if (one == nullptr) continue;
    auto const name = text_in(*one, "name");
    auto const uid = number_in<uid_t>(*one, "uid");
    if (!is_consumer_name(name) || !uid) continue;
    auto& made = all_[name];
    made.sent_before = current;
    made.known.uid = *uid;
    made.known.unit = text_in(*one, "unit");
    made.known.prefixes = prefixes_in(*one);
    // A store that went back to a copy has had later revisions.
    made.known.applied = std::min(number_in<revision_number>(*one, "applied").value_or(0), current);
    made.known.delivered = std::clamp(number_in<revision_number>(*one, "delivered").value_or(0),
                                      made.known.applied, current);
    made.known.since =
        wall_time(std::chrono::milliseconds(number_in<std::int64_t>(*one, "since").value_or(0)));
  }
}

} // namespace cfgd
