#include "apply/values.hpp"

#include "client/connection.hpp"
#include "core/limits.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <span>
#include <utility>

// A watch begins with all values of one revision, also of keys that do not exist yet, which Get
// refuses. What a second one, without secrets, leaves out is secret.

namespace cfgd::apply {
namespace {

namespace bj = boost::json;

enum class secrets : std::uint8_t { with, without };

struct leaves {
  bj::object values;
  std::uint64_t revision = 0;
  bool is_mixed = false; ///< of several revisions
};

/// The values of up to limits::watch_prefixes keys, into `out`.
client::result<void> read_some(std::string const& socket, std::span<std::string const> keys,
                               std::chrono::milliseconds limit, secrets which, leaves& out) {
  auto service = client::connection::connect(socket, limit);
  if (!service) return service.error();
  bj::object parameters{{"prefixes", bj::array(keys.begin(), keys.end())}};
  if (which == secrets::without) parameters["secrets"] = false;
  std::uint64_t revision = 0;
  auto const take = [&](bj::object& part) {
    if (auto* const values = part.if_contains("values"); values != nullptr && values->is_object())
      for (auto& member : values->get_object())
        out.values[member.key()] = std::move(member.value());
    if (auto const* const at = part.if_contains("revision"); at != nullptr && at->is_int64())
      revision = static_cast<std::uint64_t>(at->get_int64());
    return part.contains("ready") ? client::step::stop : client::step::more;
  };
  if (auto const done = service->call_more("io.cfgd.Config.Watch", parameters, take); !done)
    return done.error();
  out.is_mixed |= out.revision != 0 && out.revision != revision;
  out.revision = revision;
  return {};
}

client::result<leaves> read_leaves(std::string const& socket, std::vector<std::string> const& keys,
                                   std::chrono::milliseconds limit, secrets which) {
  leaves out;
  auto const most = limits{}.watch_prefixes;
  for (std::size_t at = 0; at < keys.size(); at += most) {
    auto const some = std::span(keys).subspan(at, std::min(most, keys.size() - at));
    if (auto const read = read_some(socket, some, limit, which, out); !read) return read.error();
  }
  return out;
}

} // namespace

client::result<setting_values> read_values(std::string const& socket,
                                           std::vector<std::string> const& keys,
                                           std::chrono::milliseconds limit) {
  constexpr int most_attempts = 10;
  setting_values out;
  if (keys.empty()) {
    auto service = client::connection::connect(socket, limit);
    if (!service) return service.error();
    auto const status = service->status();
    if (!status) return status.error();
    out.revision = status->revision;
    return out;
  }
  for (int attempt = 0;; ++attempt) {
    auto const shown = read_leaves(socket, keys, limit, secrets::without);
    if (!shown) return shown.error();
    auto all = read_leaves(socket, keys, limit, secrets::with);
    if (!all) return all.error();
    if (all->is_mixed || shown->is_mixed ||
        all->revision != shown->revision) { // a value that changed would look like a secret
      if (attempt < most_attempts) continue;
      return client::call_error{.kind = client::failure::timed_out,
                                .message = "settings change too fast to be read at one revision",
                                .name = {},
                                .parameters = {}};
    }
    out.revision = all->revision;
    for (auto& member : all->values) {
      auto const key = cfgd::key::parse(member.key());
      if (!key) continue;
      auto const* const visible = shown->values.if_contains(member.key());
      if (visible == nullptr || *visible != member.value()) out.secret.insert(*key);
      put_value(out.root, *key, std::move(member.value()));
    }
    return out;
  }
}

} // namespace cfgd::apply
