#include "ipc/server.hpp"

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "ipc/interfaces.hpp"
#include "ipc/server_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <tuple>
#include <utility>
#include <vector>

// The server owns the sessions, and what is there once for all of them: the way in, the clock, the
// queue of turns (server_turns.cpp).
//
// A connection's number is its slot and a count that never repeats, so that a responder that
// outlives its connection finds nothing instead of another one.

namespace cfgd::ipc {

namespace {

namespace asio = boost::asio;
using clock = session_host::clock;

/// A user's share of one round of turns.
constexpr std::chrono::microseconds turn_share{100};

std::string describe(std::exception_ptr const& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (std::exception const& known) {
    return known.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

} // namespace

server::impl::impl(asio::any_io_executor executor, limits const& limits_of_server, identity of,
                   server& self)
    : session_host(limits_of_server, self), loop(std::move(executor)), who(std::move(of)),
      rate(limits_of_server), turns(turn_share, ::geteuid()),
      reader(loop, self, table, json_bounds), reading_turns(turn_share, ::geteuid()), checks(loop),
      drain_end(loop), tasks(loop, &impl::task_failed) {
  checks.expires_at(clock::time_point::max());
  auto const is_ours = [own = ::geteuid()](uid_t uid) { return uid == 0 || uid == own; };
  whose = {.has_reserve = is_ours,
           .is_administrator = [is_ours](peer const& one) { return is_ours(one.uid); }};
  add_own_interface();
}

void server::impl::task_failed(std::string const& name, std::exception_ptr const& thrown) {
  log::write(log::level::error, name + " ended: " + describe(thrown),
             {{"MESSAGE_ID", message_id::task_ended}});
}

// ---- org.varlink.service

void server::impl::add_own_interface() {
  table.add(interfaces::org_varlink_service);
  table.bind("org.varlink.service.GetInfo",
             [this](call const& asked) { asked.answer.reply(info()); });
  table.bind("org.varlink.service.GetInterfaceDescription",
             [this](call const& asked) { describe_interface(asked); });
}

std::string server::impl::info() const {
  std::string text = R"({"vendor":)";
  json::append_string(text, who.vendor);
  text += R"(,"product":)";
  json::append_string(text, who.product);
  text += R"(,"version":)";
  json::append_string(text, who.version);
  text += R"(,"url":)";
  json::append_string(text, who.url);
  text += R"(,"interfaces":[)";
  for (auto const& each : table.interfaces()) {
    if (text.back() != '[') text += ',';
    json::append_string(text, each.description.name);
  }
  return text + "]}";
}

void server::impl::describe_interface(call const& asked) const {
  std::string_view const name = asked.parameters.at("interface").get_string();
  if (auto const* found = table.find_interface(name))
    asked.answer.reply(one_parameter("description", found->text));
  else
    asked.answer.fail("org.varlink.service.InterfaceNotFound", one_parameter("interface", name));
}

// ---- sessions

session* server::impl::find(std::uint64_t id, std::uint64_t call) {
  auto const found = sessions.find(id);
  if (found == sessions.end() || !found->second->serves(call)) return nullptr;
  return found->second.get();
}

session* server::impl::find_open(std::uint64_t id, std::uint64_t call) {
  auto const found = sessions.find(id);
  if (found == sessions.end() || !found->second->has_open(call)) return nullptr;
  return found->second.get();
}

void server::impl::warn(std::string const& message, peer const& about) {
  log::write(log::level::warning, message,
             {{"MESSAGE_ID", message_id::client_cut_off},
              {"CFGD_PEER_UID", std::to_string(about.uid)},
              {"CFGD_PEER_PID", std::to_string(about.pid)}});
}

std::vector<std::uint64_t> server::impl::ids() const {
  std::vector<std::uint64_t> all;
  all.reserve(sessions.size());
  for (auto const& [id, each] : sessions)
    all.push_back(id);
  return all;
}

void server::impl::for_each_session(std::function<void(session&)> const& visit) {
  // By id: what is called may end this session or another one, or bring a new one.
  for (auto const id : ids())
    if (auto const found = sessions.find(id); found != sessions.end()) visit(*found->second);
}

// ---- the end

void server::impl::begin_stop(std::chrono::milliseconds drain) {
  BOOST_ASSERT(!stopping);
  stopping = true;
  for (auto* const group : {&of_administrators, &acceptors})
    for (auto& each : *group)
      each.stop();
  for (auto& each : made)
    each.remove();
  tasks.spawn("closing", close_after(drain));
  for_each_session([](session& each) { each.stop(); });
  if (figures.connections == 0) finish_stop();
}

asio::awaitable<void> server::impl::close_after(std::chrono::milliseconds drain) {
  drain_end.expires_after(drain);
  auto [interrupted] = co_await drain_end.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!interrupted) close_all();
}

void server::impl::close_all() {
  for_each_session([](session& each) { each.close(); });
}

void server::impl::finish_stop() {
  checks.cancel();
  drain_end.cancel();
  if (stopped) tasks.on_empty(std::exchange(stopped, {}));
}

// ---- the public side

server::server(asio::any_io_executor loop, limits const& bounds, identity who)
    : impl_(std::make_unique<impl>(std::move(loop), bounds, std::move(who), *this)) {}

server::~server() { BOOST_ASSERT(impl_->figures.connections == 0); }

void server::add_interface(std::string_view text) { impl_->table.add(text); }

void server::bind(std::string_view qualified, handler serve) {
  impl_->table.bind(qualified, std::move(serve));
}

void server::bind_quick(std::string_view qualified, quick_handler serve) {
  impl_->table.bind_quick(qualified, std::move(serve));
}

void server::bind_overlap(std::string_view qualified, overlap_check may) {
  impl_->table.bind_overlap(qualified, std::move(may));
}

void server::bind_reader(std::string_view qualified, request_reader read) {
  impl_->table.bind_reader(qualified, std::move(read));
}

void server::on_reader_start(std::function<void()> begin) {
  impl_->reader.at_start(std::move(begin));
}

result<void> server::listen(std::filesystem::path const& path, unsigned mode) {
  auto made = listening_socket::make(path, mode);
  if (!made) return made.error();
  impl_->listen_on(made->take(), entrance::everybody);
  impl_->made.push_back(std::move(*made));
  return {};
}

result<void> server::listen_for_administrators(std::filesystem::path const& path,
                                               std::optional<gid_t> group) {
  auto made = listening_socket::make(path, 0600);
  if (!made) return made.error();
  // Only with the right group does the mode become wider.
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) == 0)
    (void)::chmod(path.c_str(), 0660);
  impl_->listen_on(made->take(), entrance::administrators);
  impl_->made.push_back(std::move(*made));
  return {};
}

void server::set_privileges(privileges whose) { impl_->whose = std::move(whose); }

result<void> server::adopt(int number, entrance whom) {
  unique_fd passed(number);
  auto const kind = kind_of_socket(number);
  if (!kind) return kind.error();
  if (*kind == socket_kind::listening) {
    impl_->listen_on(std::move(passed), whom);
    return {};
  }
  impl_->reader.start();
  impl_->admit(std::move(passed), whom);
  return {};
}

void server::stop(std::chrono::milliseconds drain, std::function<void()> done) {
  impl_->stopped = std::move(done);
  impl_->begin_stop(drain);
}

server::counts const& server::figures() const { return impl_->figures; }

limits const& server::bounds() const { return impl_->bounds; }

usage const& server::users() const { return impl_->users; }

std::size_t server::take_peak_bytes() {
  auto const peak = impl_->users.peak_bytes();
  impl_->users.forget_peak();
  return peak;
}

void server::each_method(
    std::function<void(std::string_view, method_figures const&)> const& visit) const {
  impl_->table.each_method(visit);
  visit("unknown", impl_->unknown);
}

std::size_t server::queued_bytes() const {
  std::size_t bytes = 0;
  impl_->for_each_session([&](session const& each) { bytes += each.queued_bytes(); });
  return bytes;
}

bool responder::alive() const { return owner_->impl_->find_open(connection_, call_) != nullptr; }

void responder::reply(std::string_view parameters) const {
  if (auto* found = owner_->impl_->find_open(connection_, call_)) found->reply(call_, parameters);
}

void responder::reply_continues(std::string_view parameters) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->reply_continues(parameters);
}

void responder::reply_continues(shared_text const& whole) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->reply_continues(whole);
}

void responder::fail(std::string_view name, std::string_view parameters) const {
  if (auto* found = owner_->impl_->find_open(connection_, call_))
    found->fail(call_, name, parameters);
}

std::size_t responder::queued_bytes() const {
  auto* const found = owner_->impl_->find(connection_, call_);
  return found == nullptr ? 0 : found->queued_for_stream();
}

void responder::on_drained(std::function<void()> resume) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->on_drained(std::move(resume));
}

void responder::on_turn(std::function<void()> resume) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->on_turn(std::move(resume));
}

void responder::making(std::size_t bytes) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->making(bytes);
}

void responder::on_closed(std::function<void()> cancel) const {
  if (auto* found = owner_->impl_->find(connection_, call_)) found->on_closed(std::move(cancel));
}

} // namespace cfgd::ipc
