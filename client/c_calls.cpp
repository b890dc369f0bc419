/// The C interface: connections, transactions and calls.

#include "client/cfgd.h"
#include "client/connection.hpp"
#include "client/detail/c_handles.hpp"
#include "client/value.hpp"
#include "core/json.hpp"

#include <cmath>
#include <memory>
#include <optional>

namespace client = cfgd::client;
namespace detail = cfgd::client::detail;

struct cfgd_client {
  std::string address;
  std::chrono::milliseconds time_limit;
  std::optional<client::connection> line;

  /// Makes sure that there is a connection.
  client::result<void> connect() {
    if (line && line->is_open()) return {};
    auto made = client::connection::connect(address, time_limit);
    if (!made) return made.error();
    line = std::move(*made);
    return {};
  }
  /// The result of one call on a connection.
  template <class Call>
  auto ask(Call const& call) -> decltype(call(*line)) {
    if (auto connected = connect(); !connected) return connected.error();
    return call(*line);
  }
};

struct cfgd_transaction {
  client::transaction what;
};

namespace {

constexpr std::chrono::milliseconds default_limit = std::chrono::seconds(30);

/// One value as a T for `use`: 1, 0 (there is none), or the code of why there is none.
template <class T, class Use>
int get(cfgd_client* service, char const* key, Use const& use) {
  if (service == nullptr || key == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    auto const found = service->ask([&](client::connection& line) { return line.get_value(key); });
    if (!found) return detail::failed(found.error());
    if (!*found) return 0;
    auto const value = client::value_as<T>(&**found);
    if (!value)
      return detail::failed(-EBADMSG, std::string(key).append(": the value is of another type"));
    use(*value);
    return 1;
  });
}

template <class T, class Out>
int get_plain(cfgd_client* service, char const* key, Out fallback, Out* value) {
  if (value == nullptr) return detail::missing_argument();
  *value = fallback;
  return get<T>(service, key, [&](T const& found) { *value = found; });
}

/// `write` makes the text of the value; `fallback` is copied where there is none.
template <class T, class Write>
int get_text(cfgd_client* service, char const* key, char const* fallback, char** value,
             Write const& write) {
  if (value == nullptr) return detail::missing_argument();
  *value = nullptr;
  int const outcome =
      get<T>(service, key, [&](T const& found) { *value = detail::copy_of(write(found)); });
  if (outcome > 0 || fallback == nullptr) return outcome;
  int const copied = detail::guarded([&] {
    *value = detail::copy_of(fallback);
    return 0;
  });
  return copied < 0 ? copied : outcome;
}

int give(client::result<client::snapshot>&& found, cfgd_values** values) {
  if (!found) return detail::failed(found.error());
  *values = new cfgd_values{std::move(*found)};
  return 0;
}

/// Changes a transaction by `work`; `text` must not be NULL.
template <class Work>
int change_by(cfgd_transaction* change, char const* text, Work const& work) {
  if (change == nullptr || text == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    work(change->what);
    return 0;
  });
}

int set(cfgd_transaction* change, char const* key, boost::json::value&& value) {
  return change_by(change, key, [&](client::transaction& what) {
    what.values.insert_or_assign(key, std::move(value));
  });
}

std::string json_of(boost::json::value const& value) {
  std::string out;
  cfgd::json::append_compact(out, value);
  return out;
}

} // namespace

int cfgd_open(cfgd_client** service, char const* address, int time_limit_ms) {
  if (service == nullptr) return detail::missing_argument();
  *service = nullptr;
  return detail::guarded([&] {
    auto const limit = time_limit_ms < 0 ? default_limit : std::chrono::milliseconds(time_limit_ms);
    std::unique_ptr<cfgd_client> made(
        new cfgd_client{detail::text_or_empty(address), limit, std::nullopt});
    if (auto connected = made->connect(); !connected) return detail::failed(connected.error());
    *service = made.release();
    return 0;
  });
}

void cfgd_close(cfgd_client* service) { delete service; }

int cfgd_get_string(cfgd_client* service, char const* key, char const* fallback, char** value) {
  return get_text<std::string>(service, key, fallback, value,
                               [](std::string const& found) { return found; });
}

int cfgd_get_json(cfgd_client* service, char const* key, char const* fallback, char** value) {
  return get_text<boost::json::value>(service, key, fallback, value, json_of);
}

int cfgd_get_int64(cfgd_client* service, char const* key, int64_t fallback, int64_t* value) {
  return get_plain<std::int64_t>(service, key, fallback, value);
}

int cfgd_get_double(cfgd_client* service, char const* key, double fallback, double* value) {
  return get_plain<double>(service, key, fallback, value);
}

int cfgd_get_bool(cfgd_client* service, char const* key, bool fallback, bool* value) {
  return get_plain<bool>(service, key, fallback, value);
}

int cfgd_get_duration(cfgd_client* service, char const* key, int64_t fallback,
                      int64_t* microseconds) {
  if (microseconds == nullptr) return detail::missing_argument();
  *microseconds = fallback;
  using duration = std::chrono::microseconds;
  return get<duration>(service, key, [&](duration found) { *microseconds = found.count(); });
}

int cfgd_get_size(cfgd_client* service, char const* key, uint64_t fallback, uint64_t* bytes) {
  if (bytes == nullptr) return detail::missing_argument();
  *bytes = fallback;
  using client::byte_size;
  return get<byte_size>(service, key, [&](byte_size found) { *bytes = found.bytes; });
}

int cfgd_read(cfgd_client* service, char const* const* keys, cfgd_values** values) {
  if (service == nullptr || keys == nullptr || values == nullptr) return detail::missing_argument();
  *values = nullptr;
  return detail::guarded([&] {
    auto const list = detail::list_of(keys);
    return give(service->ask([&](client::connection& line) { return line.get(list); }), values);
  });
}

int cfgd_list(cfgd_client* service, char const* prefix, cfgd_values** values) {
  if (service == nullptr || values == nullptr) return detail::missing_argument();
  *values = nullptr;
  return detail::guarded([&] {
    std::string const below = detail::text_or_empty(prefix);
    return give(service->ask([&](client::connection& line) { return line.list(below); }), values);
  });
}

int cfgd_call(cfgd_client* service, char const* method, char const* parameters, char** reply) {
  if (service == nullptr || method == nullptr || reply == nullptr)
    return detail::missing_argument();
  *reply = nullptr;
  return detail::guarded([&] {
    auto const parsed = cfgd::json::parse(parameters == nullptr ? "{}" : parameters);
    auto const* const object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) return detail::failed(-EBADMSG, "the parameters are not a JSON object");
    auto const got =
        service->ask([&](client::connection& line) { return line.call(method, *object); });
    if (!got) return detail::failed(got.error());
    *reply = detail::copy_of(json_of(*got));
    return 0;
  });
}

cfgd_transaction* cfgd_transaction_new() {
  cfgd_transaction* out = nullptr;
  detail::guarded([&] {
    out = new cfgd_transaction;
    return 0;
  });
  return out;
}

void cfgd_transaction_free(cfgd_transaction* change) { delete change; }

int cfgd_transaction_set_string(cfgd_transaction* change, char const* key, char const* value) {
  if (value == nullptr) return detail::missing_argument();
  return detail::guarded([&] { return set(change, key, boost::json::value(value)); });
}

int cfgd_transaction_set_int64(cfgd_transaction* change, char const* key, int64_t value) {
  return set(change, key, boost::json::value(value));
}

int cfgd_transaction_set_double(cfgd_transaction* change, char const* key, double value) {
  if (!std::isfinite(value)) return detail::failed(-EINVAL, "the number is not finite");
  return set(change, key, boost::json::value(value));
}

int cfgd_transaction_set_bool(cfgd_transaction* change, char const* key, bool value) {
  return set(change, key, boost::json::value(value));
}

int cfgd_transaction_set_json(cfgd_transaction* change, char const* key, char const* json) {
  if (json == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    auto value = cfgd::json::parse(json);
    if (!value) return detail::failed(-EBADMSG, value.error().message);
    return set(change, key, std::move(*value));
  });
}

int cfgd_transaction_unset(cfgd_transaction* change, char const* key) {
  return change_by(change, key, [&](client::transaction& what) { what.unset.emplace_back(key); });
}

int cfgd_transaction_comment(cfgd_transaction* change, char const* comment) {
  return change_by(change, comment, [&](client::transaction& what) { what.comment = comment; });
}

int cfgd_transaction_if_revision(cfgd_transaction* change, uint64_t revision) {
  return change_by(change, "", [&](client::transaction& what) { what.if_revision = revision; });
}

int cfgd_transaction_confirm(cfgd_transaction* change, int64_t seconds) {
  return change_by(
      change, "", [&](client::transaction& what) { what.confirm = std::chrono::seconds(seconds); });
}

int cfgd_transaction_expire(cfgd_transaction* change, int64_t seconds) {
  return change_by(change, "",
                   [&](client::transaction& what) { what.expire = std::chrono::seconds(seconds); });
}

int cfgd_transaction_check_only(cfgd_transaction* change) {
  return change_by(change, "",
                   [&](client::transaction& what) { what.mode = client::commit_mode::check; });
}

int cfgd_commit(cfgd_client* service, cfgd_transaction const* change, uint64_t* revision) {
  if (service == nullptr || change == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    auto const done =
        service->ask([&](client::connection& line) { return line.set(change->what); });
    if (!done) return detail::failed(done.error());
    if (revision != nullptr) *revision = done->revision;
    return 0;
  });
}

int cfgd_confirm(cfgd_client* service, uint64_t revision) {
  if (service == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    return detail::code_of(
        service->ask([&](client::connection& line) { return line.confirm(revision); }));
  });
}

int cfgd_acknowledge(cfgd_client* service, char const* consumer, uint64_t revision, bool ok,
                     char const* message) {
  if (service == nullptr || consumer == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    std::string const why = detail::text_or_empty(message);
    return detail::code_of(service->ask(
        [&](client::connection& line) { return line.acknowledge(consumer, revision, ok, why); }));
  });
}

int cfgd_wait_applied(cfgd_client* service, uint64_t revision, int seconds) {
  if (service == nullptr) return detail::missing_argument();
  return detail::guarded([&] {
    auto const done = service->ask([&](client::connection& line) {
      return line.wait_applied(revision, {}, std::chrono::seconds(seconds));
    });
    if (!done) return detail::failed(done.error());
    return done->applied ? 1 : 0;
  });
}
