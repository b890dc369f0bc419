#include "tests/cfgctl/cfgctl_talk.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::exchange;
using cfgd::test::reply;
using cfgd::test::scripted_peer;

namespace {

/// cfgctl on a terminal. Every wait ends with an exception after 20 s.
class terminal_run {
 public:
  terminal_run(std::vector<std::string> arguments, std::vector<std::string> environment,
               unsigned short columns = 80) {
    arguments.insert(arguments.begin(), CFGCTL_PROGRAM);
    environment.insert(environment.end(), {"TERM=xterm", "NO_COLOR=1", "PATH=/usr/bin:/bin"});
    auto const words = pointers(arguments);
    auto const settings = pointers(environment);
    winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("forkpty");
    if (pid_ != 0) return;
    ::execve(words.front(), words.data(), settings.data());
    ::_exit(127);
  }
  ~terminal_run() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }
  terminal_run(terminal_run const&) = delete;
  terminal_run& operator=(terminal_run const&) = delete;

  void wait_for(std::string_view text) {
    while (out_.find(text) == std::string::npos) {
      if (!read_some()) throw std::runtime_error("it ended without the text: " + out_);
    }
  }

  void type(std::string_view text) const {
    if (::write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("write");
  }

  /// The exit code, or minus the signal.
  int finish() {
    while (read_some()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string const& out() const { return out_; }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& one : texts)
      out.push_back(one.data());
    out.push_back(nullptr);
    return out;
  }

  /// False at the end: EIO, when nobody has the terminal open any more (pty(7)).
  bool read_some() {
    pollfd what{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (::poll(&what, 1, 20'000) != 1) throw std::runtime_error("nothing came: " + out_);
    std::array<char, 4096> room{};
    ssize_t const got = ::read(terminal_, room.data(), room.size());
    if (got > 0) out_.append(room.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string out_;
};

struct fixture : cfgctl_fixture {
  std::string socket = "CFGD_SOCKET=" + path;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(terminal, fixture)

BOOST_AUTO_TEST_CASE(a_secret_is_entered_unseen) {
  scripted_peer peer(path, {exchange({{call("io.cfgd.Config.Set", R"({"values":{"a.b":"12"}})"),
                                       reply(R"({"revision":8,"changed":["a.b"]})")}})});
  terminal_run run({"set", "--prompt", "a.b"}, {socket});

  run.wait_for("value of a.b: ");
  run.type("12\n");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().find("12") == std::string::npos, run.out());
  BOOST_TEST(run.out().find("a.b changed\r\n") != std::string::npos, run.out());
}

BOOST_AUTO_TEST_CASE(a_value_comes_from_standard_input) {
  scripted_peer peer(
      path, {exchange({{call("io.cfgd.Config.Set", R"({"values":{"a.b":"x y"},"text":true})"),
                        reply(R"({"revision":8,"changed":[]})")}})});
  terminal_run run({"set", "a.b=-"}, {socket});

  run.type("x y\n\x04"); // Control-D: the end of the input

  BOOST_TEST(run.finish() == 0);
  peer.finish();
}

BOOST_AUTO_TEST_CASE(compact_deletes_nothing_without_a_yes) {
  terminal_run run({"compact", "--keep", "5"}, {socket});

  run.wait_for("delete all changes but the newest 5? [y/N] ");
  run.type("\n");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.out().find("compact: nothing was deleted") != std::string::npos, run.out());
}

BOOST_AUTO_TEST_CASE(compact_goes_on_after_a_yes_or_the_option) {
  for (bool const asks : {true, false}) {
    scripted_peer peer(
        path,
        {exchange({{call("io.cfgd.History.Compact", R"({"keep":5})"), reply(R"({"oldest":3})")}})});
    std::vector<std::string> arguments{"compact", "--keep", "5"};
    if (!asks) arguments.emplace_back("--yes");
    terminal_run run(arguments, {socket});

    if (asks) run.wait_for("[y/N] ");
    if (asks) run.type("y\n");

    BOOST_TEST(run.finish() == 0);
    peer.finish();
  }
}

BOOST_AUTO_TEST_CASE(long_output_goes_through_the_pager) {
  std::string const pager = "PAGER=sed s/^/page:/";
  terminal_run paged({"limits"}, {socket, pager});
  terminal_run plain({"limits", "--no-pager"}, {socket, pager});
  terminal_run without({"limits"}, {socket, "PAGER="});

  BOOST_TEST(paged.finish() == 0);
  BOOST_TEST(paged.out().starts_with("page:LIMIT"), paged.out());
  BOOST_TEST(plain.finish() == 0);
  BOOST_TEST(plain.out().starts_with("LIMIT"), plain.out());
  BOOST_TEST(without.finish() == 0);
  BOOST_TEST(without.out() == plain.out());
}

BOOST_AUTO_TEST_CASE(top_ends_with_0_on_an_interrupt) {
  terminal_run run({"top"}, {socket});

  run.wait_for("no answer");
  run.type("\x03");

  BOOST_TEST(run.finish() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
