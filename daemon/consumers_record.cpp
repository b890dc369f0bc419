#include "core/json.hpp"
#include "core/key.hpp"
#include "daemon/consumers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <numeric>
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

// A consumer has so many bytes of prefixes for itself, and all together a reserve for more, because
// the record is written often. Beyond that their namespaces are kept, and if these are too long
// nothing: until it watches again, a consumer then counts for more changes than concern it.
constexpr std::size_t own_prefix_bytes = 1024;
constexpr std::size_t more_prefix_bytes = std::size_t{256} * 1024;

std::size_t bytes_of(std::vector<std::string> const& texts) {
  return std::accumulate(texts.begin(), texts.end(), std::size_t{0},
                         [](std::size_t sum, auto const& one) { return sum + one.size(); });
}

/// The prefixes to keep; takes what it needs of the reserve.
std::vector<std::string> kept_prefixes(std::vector<std::string> prefixes, std::size_t& reserve) {
  auto const bytes = bytes_of(prefixes);
  if (bytes <= own_prefix_bytes) return prefixes;
  if (bytes <= reserve) {
    reserve -= bytes;
    return prefixes;
  }
  for (auto& one : prefixes)
    one.resize(namespace_of(one).size());
  std::ranges::sort(prefixes);
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  if (bytes_of(prefixes) > own_prefix_bytes) prefixes.clear();
  return prefixes;
}

// Written by hand, because it is written often, and on the loop.
void append_record(std::string& out, std::string const& name, consumers::facts const& known,
                   std::size_t& reserve) {
  json::append_string(out += "{\"name\":", name);
  out.append(",\"uid\":").append(std::to_string(known.uid));
  out.append(",\"applied\":").append(std::to_string(known.applied));
  out.append(",\"delivered\":").append(std::to_string(known.delivered));
  out.append(",\"since\":").append(std::to_string(known.since.time_since_epoch().count()));
  if (!known.unit.empty()) json::append_string(out += ",\"unit\":", known.unit);
  if (auto const prefixes = kept_prefixes(known.prefixes, reserve); !prefixes.empty()) {
    char before = '[';
    out += ",\"prefixes\":";
    for (auto const& one : prefixes) {
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
  auto reserve = more_prefix_bytes;
  for (auto const& [name, one] : all_) {
    if (out.size() > 1) out += ',';
    append_record(out, name, one.known, reserve);
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
