/// The layers of whole namespaces.
///
/// The service does not return a layer's document that contains a secret. Then its members are read
/// one by one, as far as the effective value has them, until only the secret itself is left.
/// Candidates of a key and of its member belong together by layer and file. All replies must be of
/// one revision, otherwise everything is read again.

#include "cfgctl/commands/layers.hpp"

#include "core/key.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace cfgd::cfgctl {
namespace {

namespace bj = boost::json;

constexpr int most_attempts = 5;

/// Reads one namespace at one revision.
class reader {
 public:
  explicit reader(client::connection& service) : service_(service) {}

  /// The candidates for a key. Stops early when the revision has changed.
  client::result<std::vector<client::candidate>> read(std::string const& key,
                                                      bj::value const* effective) {
    auto found = service_.explain(key);
    if (!found) return std::move(found).error();
    if (revision_ == 0) revision_ = found->revision;
    moved_ = moved_ || found->revision != revision_;
    bool const all_known = std::ranges::all_of(
        found->candidates, [](client::candidate const& one) { return one.value.has_value(); });
    if (all_known || moved_) return std::move(found->candidates);
    if (found->secret) {
      secrets_.push_back(key);
      return std::vector<client::candidate>();
    }
    auto const* const members = effective != nullptr ? effective->if_object() : nullptr;
    if (members == nullptr) { // the layers without a value remove the key
      for (client::candidate& one : found->candidates)
        if (!one.value) one.value = bj::value();
      return std::move(found->candidates);
    }
    return by_member(key, std::move(found->candidates), *members);
  }

  bool moved() const { return moved_; }
  client::revision_number revision() const { return revision_; }
  std::vector<std::string> take_secrets() { return std::move(secrets_); }

 private:
  client::result<std::vector<client::candidate>>
  by_member(std::string const& key, std::vector<client::candidate> candidates,
            bj::object const& members) {
    std::vector<bool> to_fill;
    for (client::candidate& one : candidates) {
      to_fill.push_back(!one.value);
      if (!one.value) one.value = bj::object();
    }
    for (auto const& member : members) {
      std::string below = key;
      append_key_part(below, member.key());
      auto const found = read(below, &member.value());
      if (!found) return found.error();
      for (std::size_t at = 0; at < candidates.size(); ++at)
        if (to_fill[at]) fill(candidates[at], member.key(), *found);
    }
    return candidates;
  }

  static void fill(client::candidate& into, std::string_view member,
                   std::vector<client::candidate> const& found) {
    auto const same = std::ranges::find_if(found, [&](client::candidate const& one) {
      return one.from.layer == into.from.layer && one.from.path == into.from.path;
    });
    if (same != found.end()) into.value->get_object()[member] = *same->value;
  }

  client::connection& service_;
  client::revision_number revision_ = 0;
  bool moved_ = false;
  std::vector<std::string> secrets_;
};

} // namespace

client::call_error values_change_too_fast() {
  client::call_error out;
  out.kind = client::failure::closed;
  out.message = "values change faster than they can be read";
  return out;
}

client::result<namespace_layers> read_layers(client::connection& service,
                                             std::string const& name_space,
                                             bj::object const& effective) {
  bj::value const document(effective);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    reader reading(service);
    auto found = reading.read(name_space, &document);
    if (!found && found.error().name == "io.cfgd.Config.NoSuchNamespace") return namespace_layers();
    if (!found) return std::move(found).error();
    if (reading.moved()) continue;
    return namespace_layers{.candidates = std::move(*found),
                            .secrets = reading.take_secrets(),
                            .revision = reading.revision()};
  }
  return values_change_too_fast();
}

bj::object layer_document(std::vector<client::candidate> const& candidates,
                          std::string_view layer) {
  bj::object out;
  // The winner comes first, so the last one is the lowest.
  std::for_each(candidates.rbegin(), candidates.rend(), [&](client::candidate const& one) {
    if (one.from.layer != layer || !one.value) return;
    if (auto const* document = one.value->if_object()) merge_over(out, *document);
  });
  return out;
}

void merge_over(bj::object& document, bj::object const& patch) {
  for (auto const& member : patch) {
    auto const* const inner = member.value().if_object();
    bj::value& into = document[member.key()];
    if (inner == nullptr) {
      into = member.value();
      continue;
    }
    if (!into.is_object()) into = bj::object();
    merge_over(into.get_object(), *inner);
  }
}

} // namespace cfgd::cfgctl
