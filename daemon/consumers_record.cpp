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

/// Prefixes of a consumer beyond this are not kept: after a restart it counts for every change,
/// until it watches again.
constexpr std::size_t prefix_bytes = 1024;

// Written by hand, because it is written often, and on the loop.
void append_record(std::string& out, std::string const& name, consumers::facts const& known) {
  json::append_string(out += "{\"name\":", name);
  out.append(",\"uid\":").append(std::to_string(known.uid));
  out.append(",\"applied\":").append(std::to_string(known.applied));
  out.append(",\"delivered\":").append(std::to_string(known.delivered));
  out.append(",\"since\":").append(std::to_string(known.since.time_since_epoch().count()));
  if (!known.unit.empty()) json::append_string(out += ",\"unit\":", known.unit);
  std::size_t bytes = 0;
  for (auto const& one : known.prefixes)
    bytes += one.size();
  if (bytes != 0 && bytes <= prefix_bytes) {
    char before = '[';
    out += ",\"prefixes\":";
    for (auto const& one : known.prefixes) {
      json::append_string(out += before, one);
      before = ',';
    }
    out += ']';
  }
  out += '}';
}

} // namespace

std::string consumers::encode() const {
  std::string out("[");
  for (auto const& [name, one] : all_) {
    if (out.size() > 1) out += ',';
    append_record(out, name, one.known);
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
