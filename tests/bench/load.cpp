#include "tests/bench/load.hpp"

#include "tests/bench/server_process.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>

// One thread and one epoll set for all protocols: requests are made before the clock starts, and a
// reply is found by counting a byte that each of them has a known number of times (the NUL of
// Varlink, the line ends of RESP). So the generator costs the same for every server, and little.
//
// Throughput counts the replies that came before the end, also those of batches that were not
// complete then; latency counts every batch that was sent, also those that ended later. Otherwise
// long batches would be missing from both.
//
// The text of replies is looked at for the first batch of each client and for every 32nd read: a
// server that answers with errors must not look fast.

namespace cfgd::bench {
namespace {

constexpr std::chrono::seconds longest_wait{30};
constexpr unsigned reads_between_looks = 32;

struct client {
  int socket = -1;
  std::size_t kind = 0;
  std::size_t marks_due = 0;
  steady::time_point sent;
  std::string first; ///< the replies to the first batch
  bool was_checked = false;
};

class generator {
 public:
  generator(std::vector<traffic*> const& kinds, std::chrono::milliseconds time)
      : kinds_(kinds), time_(time), epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        latencies_(kinds.size()), marks_in_time_(kinds.size()) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
      for (std::size_t count = 0; count < kinds[kind]->clients; ++count)
        add_client(kind);
  }
  ~generator() {
    for (auto const& one : clients_)
      ::close(one.socket);
    ::close(epoll_);
  }
  generator(generator const&) = delete;
  generator& operator=(generator const&) = delete;

  std::vector<figures> run() {
    auto const begin = steady::now();
    end_ = begin + time_;
    for (std::size_t index = 0; index < clients_.size(); ++index)
      send_batch(index, begin);
    while (busy_ > 0)
      take_events();
    std::vector<figures> all;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
      auto const replies =
          static_cast<double>(marks_in_time_[kind]) / static_cast<double>(kinds_[kind]->marks);
      all.push_back(
          summarize(latencies_[kind], replies / std::chrono::duration<double>(time_).count()));
    }
    return all;
  }

 private:
  void add_client(std::size_t kind) {
    int const socket = try_connect(kinds_[kind]->socket);
    if (socket < 0) throw std::runtime_error("nobody listens at " + kinds_[kind]->socket.string());
    clients_.push_back({.socket = socket, .kind = kind, .sent = {}, .first = {}});
    epoll_event what{};
    what.events = EPOLLIN;
    what.data.u64 = clients_.size() - 1;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &what) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }

  void send_batch(std::size_t index, steady::time_point now) {
    client& one = clients_[index];
    traffic& kind = *kinds_[one.kind];
    one.marks_due = kind.marks * kind.calls;
    one.sent = now;
    ++busy_;
    send_all(one.socket, kind.batches[kind.next++ % kind.batches.size()]);
  }

  void take_events() {
    std::array<epoll_event, 64> events{};
    int const count = ::epoll_wait(epoll_, events.data(), events.size(),
                                   std::chrono::milliseconds(longest_wait).count());
    if (count == 0) throw std::runtime_error("no answer in time");
    in_time_ = steady::now() < end_;
    for (int index = 0; index < count; ++index)
      read_from(events[static_cast<std::size_t>(index)].data.u64);
  }

  void read_from(std::size_t index) {
    client& one = clients_[index];
    ssize_t const count = ::recv(one.socket, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) throw std::runtime_error("a server closed the connection");
    std::string_view const text(buffer_.data(), static_cast<std::size_t>(count));
    look_at(one, text);
    auto const marks =
        static_cast<std::size_t>(std::count(text.begin(), text.end(), kinds_[one.kind]->mark));
    if (marks > one.marks_due) throw std::runtime_error("more replies than calls");
    one.marks_due -= marks;
    if (in_time_) marks_in_time_[one.kind] += marks;
    if (one.marks_due > 0) return;
    finish_batch(index);
  }

  void finish_batch(std::size_t index) {
    client& one = clients_[index];
    --busy_;
    if (!one.was_checked && one.first.find(kinds_[one.kind]->good) == std::string::npos)
      throw std::runtime_error("a wrong reply: " + one.first.substr(0, 500));
    one.was_checked = true;
    auto const now = steady::now();
    latencies_[one.kind].push_back(
        std::chrono::duration<double, std::micro>(now - one.sent).count());
    if (now < end_) send_batch(index, now);
  }

  void look_at(client& one, std::string_view text) {
    if (!one.was_checked) one.first.append(text);
    if (one.was_checked && ++reads_ % reads_between_looks != 0) return;
    for (auto const& bad : kinds_[one.kind]->bad)
      if (text.find(bad) != text.npos)
        throw std::runtime_error("a wrong reply: " + std::string(text.substr(0, 500)));
  }

  std::vector<traffic*> const& kinds_;
  std::chrono::milliseconds time_;
  int epoll_;
  std::vector<client> clients_;
  std::vector<std::vector<double>> latencies_; ///< of batches, by kind
  std::vector<std::size_t> marks_in_time_;     ///< by kind: of replies before the end
  std::array<char, 64 * 1024> buffer_{};
  steady::time_point end_;
  bool in_time_ = true;  ///< whether the events at hand came before the end
  std::size_t busy_ = 0; ///< clients that wait for replies
  unsigned reads_ = 0;
};

} // namespace

std::vector<std::string> batches_of(std::vector<std::string> const& requests, std::size_t calls) {
  std::vector<std::string> batches;
  for (std::size_t first = 0; first + calls <= requests.size(); first += calls) {
    std::string& batch = batches.emplace_back();
    for (std::size_t index = first; index < first + calls; ++index)
      batch += requests[index];
  }
  return batches;
}

std::vector<figures> run_load(std::vector<traffic*> const& kinds, std::chrono::milliseconds time) {
  return generator(kinds, time).run();
}

figures run_load(traffic& kind, std::chrono::milliseconds time) {
  return run_load(std::vector{&kind}, time).front();
}

} // namespace cfgd::bench
