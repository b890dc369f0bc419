#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/credential_request.hpp"
#include "daemon/service.hpp"

#include <unistd.h>

#include <string>
#include <utility>

// The socket for units opens when the service is ready, so that no unit starts with the values of
// the last run. With a socket that systemd has passed, units that start earlier wait in its
// backlog; without one they find no socket.

namespace cfgd {

unit_credentials::options service::credential_options() const {
  return {.own_uid = ::geteuid(),
          .own_unit = systemd::unit_of(::getpid()),
          .bounds = options_.how.bounds};
}

void service::open_credentials() {
  // A system whose units do not ask has not enabled the socket.
  bool const is_wanted = options_.sockets.empty() || !passed(systemd::credentials_socket).empty();
  if (!is_wanted || credentials_.is_stopped()) return;
  if (auto const listening = listen_for_units(); !listening) {
    log::write(log::level::warning, to_string(listening.error()) + "; units get no credentials",
               {{"MESSAGE_ID", message_id::socket_unusable}});
    return;
  }
  credentials_.start(tasks_);
}

result<void> service::listen_for_units() {
  unique_fd socket;
  for (int const one : passed(systemd::credentials_socket))
    socket.reset(one); // of several, the last is served
  if (!socket) {
    auto made = ipc::listening_socket::make(options_.where.credentials, 0600);
    if (!made) return made.error();
    credentials_socket_.emplace(*std::move(made));
    socket = credentials_socket_->take();
  }
  return credentials_.adopt(std::move(socket));
}

void service::serve_credential(credential_request const& asked,
                               unit_credentials::answer const& done) {
  auto const which = key::parse(asked.credential);
  if (!which) return done(which.error());
  auto const answer = [this, unit = asked.unit, which = *which, done](view::texts const& texts) {
    auto const found = texts.find(which.name_space());
    if (found == texts.end())
      return done(cfgd::serve_credential(*access_.rules(), unit, which, nullptr));
    auto const* const secrets = view_.secrets_of(which.name_space());
    namespace_texts const both{.whole = secrets == nullptr ? *found->second : *secrets->whole,
                               .shown = secrets == nullptr ? *found->second : *secrets->shown};
    done(cfgd::serve_credential(*access_.rules(), unit, which, &both));
  };
  view_.with_texts(committer_, view::names{which->name_space()}, answer,
                   [done](error const& why) { done(why); });
}

} // namespace cfgd
