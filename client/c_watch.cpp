/// The C interface: watches, and copies of settings that stay current.

#include "client/cfgd.h"
#include "client/connection.hpp"
#include "client/detail/c_handles.hpp"
#include "client/detail/polled_watch.hpp"
#include "client/live.hpp"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace client = cfgd::client;
namespace detail = cfgd::client::detail;

struct cfgd_event {
  cfgd_values values;
  std::vector<std::string> removed;
  bool ready = false;
  bool resync = false;
};

struct cfgd_watch {
  client::watch_options how;
  std::optional<detail::polled_watch> watch; ///< from the first use on
  std::optional<cfgd_event> event;           ///< the last one that was given
  cfgd_client* service = nullptr;            ///< for acknowledgements; made when it is needed

  ~cfgd_watch() { cfgd_close(service); }
  detail::polled_watch& started() {
    if (!watch) watch.emplace(how);
    return *watch;
  }
};

struct cfgd_live {
  client::live what;
};

namespace {

int dispatch(cfgd_watch& watch, cfgd_event const** event) {
  auto next = watch.started().dispatch();
  if (!next) return detail::failed(next.error());
  if (!*next) return 0;
  auto& found = **next;
  client::snapshot values{
      .values = std::move(found.values), .missing = {}, .revision = found.revision};
  watch.event.emplace(cfgd_event{.values = {std::move(values)},
                                 .removed = std::move(found.removed),
                                 .ready = found.ready,
                                 .resync = found.resync});
  *event = &*watch.event;
  return 1;
}

/// For poll(2), in milliseconds.
int left_until(std::chrono::steady_clock::time_point end) {
  auto const left =
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

} // namespace

int cfgd_watch_new(cfgd_watch** watch, char const* address, char const* const* prefixes,
                   char const* consumer) {
  if (watch == nullptr) return detail::missing_argument();
  *watch = nullptr;
  return detail::guarded([&] {
    auto made = std::make_unique<cfgd_watch>();
    made->how.address = detail::text_or_empty(address);
    made->how.prefixes = detail::list_of(prefixes);
    if (consumer != nullptr) made->how.consumer = consumer;
    *watch = made.release();
    return 0;
  });
}

void cfgd_watch_free(cfgd_watch* watch) { delete watch; }

int cfgd_watch_resume(cfgd_watch* watch, uint64_t revision, char const* store_id) {
  if (watch == nullptr) return detail::missing_argument();
  if (watch->watch) return detail::failed(-EBUSY, "the watch has begun");
  return detail::guarded([&] {
    watch->how.after_revision = revision;
    watch->how.store_id.reset();
    if (store_id != nullptr && *store_id != '\0') watch->how.store_id = store_id;
    return 0;
  });
}

int cfgd_watch_retry(cfgd_watch* watch) {
  if (watch == nullptr) return detail::missing_argument();
  if (watch->watch) return detail::failed(-EBUSY, "the watch has begun");
  watch->how.first = client::first_connect::retry;
  return 0;
}

int cfgd_watch_fd(cfgd_watch* watch) {
  if (watch == nullptr) return detail::missing_argument();
  return detail::guarded([&] { return watch->started().descriptor(); });
}

int cfgd_watch_dispatch(cfgd_watch* watch, cfgd_event const** event) {
  if (watch == nullptr || event == nullptr) return detail::missing_argument();
  *event = nullptr;
  return detail::guarded([&] { return dispatch(*watch, event); });
}

int cfgd_watch_wait(cfgd_watch* watch, int timeout_ms, cfgd_event const** event) {
  if (watch == nullptr || event == nullptr) return detail::missing_argument();
  *event = nullptr;
  return detail::guarded([&] {
    auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
      int const outcome = dispatch(*watch, event);
      int const left = timeout_ms < 0 ? -1 : left_until(end);
      if (outcome != 0 || left == 0) return outcome;
      pollfd what{.fd = watch->started().descriptor(), .events = POLLIN, .revents = 0};
      ::poll(&what, 1, left); // a signal only makes it look once more
    }
  });
}

int cfgd_watch_acknowledge(cfgd_watch* watch, uint64_t revision, bool ok, char const* message) {
  if (watch == nullptr) return detail::missing_argument();
  if (!watch->how.consumer) return detail::failed(-EINVAL, "the watch has no consumer");
  if (watch->service == nullptr) {
    int const opened = cfgd_open(&watch->service, watch->how.address.c_str(), -1);
    if (opened < 0) return opened;
  }
  auto const acknowledge = [&] {
    return cfgd_acknowledge(watch->service, watch->how.consumer->c_str(), revision, ok, message);
  };
  // The service may have been restarted since the last one. To say it twice does no harm.
  int const said = acknowledge();
  return said == -ECONNRESET ? acknowledge() : said;
}

uint64_t cfgd_watch_revision(cfgd_watch const* watch) {
  return watch != nullptr && watch->watch ? watch->watch->revision() : 0;
}

char const* cfgd_watch_store_id(cfgd_watch const* watch) {
  bool const known = watch != nullptr && watch->watch && watch->watch->store_id();
  return known ? watch->watch->store_id()->c_str() : "";
}

bool cfgd_watch_is_lost(cfgd_watch const* watch) {
  return watch != nullptr && watch->watch && watch->watch->is_lost();
}

uint64_t cfgd_event_revision(cfgd_event const* event) {
  return event == nullptr ? 0 : cfgd_values_revision(&event->values);
}

bool cfgd_event_is_ready(cfgd_event const* event) { return event != nullptr && event->ready; }

bool cfgd_event_is_resync(cfgd_event const* event) { return event != nullptr && event->resync; }

cfgd_values const* cfgd_event_values(cfgd_event const* event) {
  return event == nullptr ? nullptr : &event->values;
}

size_t cfgd_event_removed_count(cfgd_event const* event) {
  return event == nullptr ? 0 : event->removed.size();
}

char const* cfgd_event_removed(cfgd_event const* event, size_t index) {
  bool const there = index < cfgd_event_removed_count(event);
  return there ? event->removed[index].c_str() : nullptr;
}

int cfgd_live_open(cfgd_live** live, char const* address, char const* const* prefixes, bool retry) {
  if (live == nullptr) return detail::missing_argument();
  *live = nullptr;
  return detail::guarded([&] {
    client::live_options how;
    how.address = detail::text_or_empty(address);
    how.prefixes = detail::list_of(prefixes);
    if (retry) how.first = client::first_connect::retry;
    auto made = client::live::open(std::move(how));
    if (!made) return detail::failed(made.error());
    *live = new cfgd_live{std::move(*made)};
    return 0;
  });
}

void cfgd_live_close(cfgd_live* live) { delete live; }

cfgd_values* cfgd_live_values(cfgd_live const* live) {
  cfgd_values* out = nullptr;
  if (live == nullptr) return out;
  detail::guarded([&] {
    out = new cfgd_values{live->what.values()};
    return 0;
  });
  return out;
}
