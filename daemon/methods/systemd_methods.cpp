#include "daemon/methods/systemd_methods.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <string>

// The interface is systemd's, and so are its errors: it has none of its own, and a call that fails
// is answered with io.systemd.System and an errno. Who wants to know more calls
// io.cfgd.Service.Reload.

namespace cfgd {
namespace {

constexpr std::string_view systemd_interface = "io.systemd.service";

/// Syslog's eight levels are five here.
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

systemd_methods::systemd_methods(access_policy const& access, service_methods::reloader reload)
    : access_(access), reload_(std::move(reload)) {}

void systemd_methods::bind_to(ipc::server& server) {
  server.bind("io.systemd.service.Ping", [](ipc::call const& asked) { asked.answer.reply(); });
  server.bind("io.systemd.service.Reload", [this](ipc::call const& asked) { reload(asked); });
  server.bind("io.systemd.service.SetLogLevel",
              [this](ipc::call const& asked) { set_log_level(asked); });
  server.bind("io.systemd.service.GetLogLevel", [](ipc::call const& asked) {
    auto const level = static_cast<int>(log::threshold());
    asked.answer.reply("{\"level\":" + std::to_string(level) + "}");
  });
}

bool systemd_methods::allowed(ipc::call const& asked) const {
  auto const may = access_.authorize(asked.from, operation::administer, {});
  if (may) return true;
  refuse(asked, systemd_interface, may.error());
  return false;
}

void systemd_methods::reload(ipc::call const& asked) {
  if (!allowed(asked)) return;
  reload_([answer = asked.answer](result<revision_number> const& done) {
    if (done)
      answer.reply();
    else
      answer.fail("io.systemd.System", system_error_text(done.error()));
  });
}

void systemd_methods::set_log_level(ipc::call const& asked) {
  if (!allowed(asked)) return;
  auto const number = asked.parameters.at("level").as_int64();
  if (number < 0 || number > static_cast<std::int64_t>(log::level::debug)) {
    asked.answer.fail("org.varlink.service.InvalidParameter", R"({"parameter":"level"})");
    return;
  }
  auto const wanted = nearest_level(number);
  // Said while either level lets it through.
  log::set_threshold(std::max(wanted, log::threshold()));
  log::write(log::level::notice, "logging up to level " + std::string(log::to_string(wanted)),
             {{"MESSAGE_ID", message_id::log_level_set},
              {"CFGD_PEER_UID", std::to_string(asked.from.uid)},
              {"CFGD_PEER_PID", std::to_string(asked.from.pid)}});
  log::set_threshold(wanted);
  asked.answer.reply();
}

} // namespace cfgd
