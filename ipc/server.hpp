#pragma once

#include "core/limits.hpp"
#include "ipc/call.hpp"
#include "ipc/method_figures.hpp"
#include "ipc/usage.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::ipc {

/// A Varlink server (varlink.org; UAPI.20) on Unix stream sockets: accepts, frames, checks calls
/// against the interfaces, hands them to handlers one at a time per connection, and queues replies
/// in order and bounded. Answers org.varlink.service by itself. One thread, the loop's.
class server {
 public:
  /// What GetInfo answers, besides the interfaces.
  struct identity {
    std::string vendor;
    std::string product;
    std::string version;
    std::string url;
  };

  server(boost::asio::any_io_executor loop, limits const& bounds, identity who);
  /// Every connection and every socket must have been closed: see stop().
  ~server();
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  /// Adds an interface by its description, which GetInterfaceDescription then gives as it is.
  /// `text` must stay valid. Throws std::invalid_argument if it is not a description: a bug.
  void add_interface(std::string_view text);

  /// Gives a declared method its handler; without one it answers MethodNotImplemented. A method
  /// with "[Requires 'more' flag]" in its comment answers ExpectedMore by itself.
  /// Throws std::invalid_argument if no interface declares `qualified`: a bug.
  void bind(std::string_view qualified, handler serve);

  /// Adds a short cut to a method that has, or will get, a handler. Throws as bind() does, and for
  /// a method that requires 'more'.
  void bind_quick(std::string_view qualified, quick_handler serve);

  /// Lets calls of a method that has, or will get, a handler overlap. Throws as bind() does.
  void bind_overlap(std::string_view qualified, overlap_check may);

  /// Gives a method that has, or will get, a handler what reads its large requests on another
  /// thread. Throws as bind() does.
  void bind_reader(std::string_view qualified, request_reader read);
  /// Runs first on that thread, which starts with listen() or adopt().
  void on_reader_start(std::function<void()> begin);

  /// Who has a place of its own. By default root and the user of this process, in both.
  struct privileges {
    /// Has the reserves of connections and memory, and is not counted by second.
    std::function<bool(uid_t)> has_reserve;
    /// May use the sockets of administrators.
    std::function<bool(peer const&)> is_administrator;
  };
  void set_privileges(privileges whose);

  /// Who a socket is for. Connections to one for administrators are taken first and up to the last
  /// descriptors but a few; other peers are disconnected.
  enum class entrance : std::uint8_t { everybody, administrators };

  /// Makes a socket at `path` with mode 0666 & `mode` and listens. A stale socket there (nobody
  /// answers) is replaced; anything else is refused.
  /// Errors: io, untrusted (what lies there is no socket), conflict (somebody listens there).
  [[nodiscard]] result<void> listen(std::filesystem::path const& path, unsigned mode = 0666);
  /// The same for administrators: mode 0660 with `group`, or 0600 if there is none, or if this
  /// process may not give a file to it. Errors: as listen().
  [[nodiscard]] result<void> listen_for_administrators(std::filesystem::path const& path,
                                                       std::optional<gid_t> group);

  /// Takes over a passed descriptor, listening or already connected (sd_listen_fds(3)). Owns it.
  /// Errors: protocol (no Unix stream socket).
  [[nodiscard]] result<void> adopt(int descriptor, entrance whom = entrance::everybody);

  /// Stops accepting, answers nothing new, lets queued replies go out for `drain`, then closes all
  /// and calls `done`. Removes a socket that listen() made.
  void stop(std::chrono::milliseconds drain, std::function<void()> done);

  struct counts {
    std::size_t connections = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;         ///< over a limit, or at a socket of administrators
    std::uint64_t delayed = 0;         ///< accepted, and served later because of the user's rate
    std::uint64_t refused_replies = 0; ///< an error instead, because of the user's memory
    std::uint64_t closed_for_memory = 0;
    std::uint64_t slow_closed = 0; ///< did not read
    std::uint64_t cut_off = 0;     ///< went over a limit of one connection
    std::uint64_t calls = 0;
    std::uint64_t errors = 0; ///< calls answered with an error
  };
  counts const& figures() const;
  limits const& bounds() const;
  /// What each user has.
  usage const& users() const;
  /// The most memory of connections since the last call.
  std::size_t take_peak_bytes();
  /// By qualified name; methods that nobody has are one, "unknown".
  void each_method(std::function<void(std::string_view, method_figures const&)> const& visit) const;
  /// Replies that the kernel has not taken yet, of all connections.
  std::size_t queued_bytes() const;

 private:
  friend class responder;
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::ipc
