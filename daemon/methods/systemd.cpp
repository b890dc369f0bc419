#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <string>

// io.systemd.service, the interface that services share. It has no errors of its own: a call that
// fails is answered with io.systemd.System and an errno. io.cfgd.Service.Reload answers with the
// reason.

namespace cfgd::methods {
namespace {

/// The service has five of syslog's eight levels.
log::level nearest_level(std::int64_t number) {
  return static_cast<log::level>(
      std::max<std::int64_t>(number, static_cast<std::int64_t>(log::level::error)));
}

std::string system_error_text(error const& why) {
  bool const faulty = why.code == errc::parse;
  return R"({"origin":"linux","errnoName":")" + std::string(faulty ? "EINVAL" : "EIO") +
         R"(","errno":)" + std::to_string(faulty ? EINVAL : EIO) + '}';
}

} // namespace

void ping(method_context&, authorized_call const& asked) { asked.answer.reply(); }

void reload_for_systemd(method_context& with, authorized_call const& asked) {
  with.reload([answer = asked.answer](result<revision_number> const& done) {
    if (done)
      answer.reply();
    else
      answer.fail("io.systemd.System", system_error_text(done.error()));
  });
}

void get_log_level(method_context&, authorized_call const& asked) {
  auto const level = static_cast<std::uint64_t>(log::threshold());
  asked.answer.reply(one_number("level", level));
}

void set_log_level(method_context&, authorized_call const& asked) {
  auto const number = asked.parameters.at("level").as_int64();
  if (number < 0 || number > static_cast<std::int64_t>(log::level::debug))
    return refuse_parameter(asked, "level");
  auto const wanted = nearest_level(number);
  // Written while either level lets it through.
  log::set_threshold(std::max(wanted, log::threshold()));
  log::write(log::level::notice, "logging up to level " + std::string(log::to_string(wanted)),
             {{"MESSAGE_ID", message_id::log_level_set},
              {"CFGD_PEER_UID", std::to_string(asked.from.uid)},
              {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  log::set_threshold(wanted);
  asked.answer.reply();
}

} // namespace cfgd::methods
