/// env, exec: settings as variables of the environment.
///
/// Without --restart and --signal, `exec` becomes the program. With one of them it stays as the
/// parent: `supervision` decides, this file does it. Everything is an event of one loop: the
/// changes of a watch, the signals (signalfd(2)), also of the ends of processes, and one timer.
///
/// The program has a process group of its own, so that signals and a restart concern what it has
/// started as well. In the foreground of a terminal it stays in the group of cfgctl: the terminal
/// then sends its signals to both, and they are not passed on a second time. As process 1 of a
/// container cfgctl inherits orphans, so it collects every process that ends.

#include "cfgctl/commands/declare.hpp"
#include "cfgctl/commands/documents.hpp"
#include "cfgctl/commands/environment.hpp"
#include "cfgctl/commands/suggest.hpp"
#include "cfgctl/commands/supervision.hpp"
#include "cfgctl/failure_report.hpp"
#include "cfgctl/programs.hpp"
#include "cfgctl/session.hpp"
#include "cfgctl/text/values.hpp"
#include "client/watcher.hpp"
#include "core/document.hpp"
#include "core/key.hpp"
#include "core/unique_fd.hpp"
#include "core/variables.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::cfgctl {
namespace {

struct options {
  std::vector<std::string> keys;
  std::string prefix;
  std::string signal; ///< empty: none
  bool restart = false;
  std::string consumer;
  std::optional<std::chrono::seconds> grace;
};

constexpr std::array<std::pair<std::string_view, int>, 9> signal_names{{{"HUP", SIGHUP},
                                                                        {"INT", SIGINT},
                                                                        {"QUIT", SIGQUIT},
                                                                        {"USR1", SIGUSR1},
                                                                        {"USR2", SIGUSR2},
                                                                        {"TERM", SIGTERM},
                                                                        {"ALRM", SIGALRM},
                                                                        {"CONT", SIGCONT},
                                                                        {"WINCH", SIGWINCH}}};

/// 0: there is no such signal.
int signal_of(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  auto const* const found =
      std::ranges::find(signal_names, name, &std::pair<std::string_view, int>::first);
  return found == signal_names.end() ? 0 : found->second;
}

bool asks_to_end(int number) { return number == SIGTERM || number == SIGINT || number == SIGQUIT; }

/// Why the options do not fit; empty: they do.
std::string fault_of(context const& all, options const& what) {
  if (all.program.empty()) return "no program: write it behind --";
  if (!what.prefix.empty() && !is_variable_name(what.prefix))
    return "--prefix '" + what.prefix + "' cannot begin the name of a variable";
  if (!what.signal.empty() && signal_of(what.signal) == 0)
    return "--signal '" + what.signal + "' is not a signal that can be sent";
  bool const stays = what.restart || !what.signal.empty();
  if (!stays && !what.consumer.empty()) return "--consumer wants --restart or --signal";
  return {};
}

result<std::vector<variable>> variables_of(options const& what, boost::json::object const& values) {
  return cfgctl::variables_of(values, {.prefix = what.prefix});
}

std::vector<std::string> assignments_of(std::vector<variable> const& variables) {
  std::vector<std::string> out;
  out.reserve(variables.size());
  for (auto const& one : variables)
    out.push_back(one.name + '=' + one.text);
  return out;
}

/// The exit code of shells for a program that cannot be run.
int code_of_failure(int why) { return why == ENOENT ? 127 : 126; }

int complain_of_start(std::string const& program, int why) {
  complain_line("exec: '" + program + "' cannot be run: " + std::generic_category().message(why));
  return code_of_failure(why);
}

/// What the watch has reported, and the variables that follow from it.
class settings {
 public:
  explicit settings(options const& what) : what_(what) {}

  void add(client::watch_event& event) {
    for (auto& member : event.values)
      known_[member.key()] = std::move(member.value());
    for (std::string const& key : event.removed)
      known_.erase(key);
    revision_ = event.revision;
  }

  client::revision_number revision() const { return revision_; }

  /// The first key that was asked for and has no value.
  std::optional<std::string> missing() const {
    auto const values = by_key();
    for (std::string const& key : what_.keys)
      if (!values.contains(key)) return key;
    return std::nullopt;
  }

  result<std::vector<std::string>> assignments() const {
    auto const found = variables_of(what_, by_key());
    if (!found) return found.error();
    return assignments_of(*found);
  }

 private:
  boost::json::object by_key() const {
    auto const document = nested_document(known_);
    boost::json::object out;
    for (std::string const& key : what_.keys) {
      auto const parts = split_dotted(key);
      auto const* const value = parts ? find_pointer(document, pointer_to(*parts)) : nullptr;
      if (value != nullptr) out[key] = *value;
    }
    return out;
  }

  options const& what_;
  boost::json::object known_; ///< leaves
  client::revision_number revision_ = 0;
};

/// The signals that are passed on, and SIGCHLD, as a descriptor. Blocks them while it exists.
class signal_source {
 public:
  signal_source() {
    sigemptyset(&wanted_);
    for (auto const& one : signal_names)
      sigaddset(&wanted_, one.second);
    sigaddset(&wanted_, SIGCHLD);
    if (::sigprocmask(SIG_BLOCK, &wanted_, &before_) != 0) broken("sigprocmask");
    descriptor_.reset(::signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_) broken("signalfd");
  }
  ~signal_source() {
    while (next()) { // what is pending would end the process when it is unblocked
    }
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  signal_source(signal_source const&) = delete;
  signal_source& operator=(signal_source const&) = delete;

  int descriptor() const { return descriptor_.get(); }
  std::optional<signalfd_siginfo> next() const {
    signalfd_siginfo out{};
    if (::read(descriptor_.get(), &out, sizeof out) != sizeof out) return std::nullopt;
    return out;
  }

 private:
  [[noreturn]] static void broken(char const* call) {
    throw std::system_error(errno, std::generic_category(), call);
  }

  sigset_t wanted_{};
  sigset_t before_{};
  unique_fd descriptor_;
};

bool is_in_foreground() {
  return ::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

/// The loop waits for it, so it is short.
constexpr std::chrono::seconds acknowledge_limit{2};

client::watch_options watch_of(context const& all, options const& what) {
  client::watch_options out;
  out.prefixes = what.keys;
  out.address = all.socket;
  out.time_limit = all.time_limit.value_or(default_time_limit);
  out.resync = client::resync_mode::differences;
  if (!what.consumer.empty()) out.consumer = what.consumer;
  out.on_lost = [](client::call_error const& why) {
    complain_line("exec: " + why.message + "; trying again");
  };
  return out;
}

supervision::rules rules_of(options const& what) {
  supervision::rules out;
  if (!what.signal.empty()) out.reaction = supervision::on_change::signal;
  if (what.grace) out.grace = *what.grace;
  return out;
}

/// The program and its life. Used on the loop's thread only; `all` and `what` must outlive it.
class supervisor {
 public:
  supervisor(asio::io_context& loop, context const& all, options const& what)
      : all_(all), what_(what), events_(loop.get_executor(), watch_of(all, what)), known_(what),
        plan_(rules_of(what)), received_(loop, signals_.descriptor()), timer_(loop),
        group_(is_in_foreground() ? program_group::of_caller : program_group::own) {
    wait_for_signals();
  }
  ~supervisor() { received_.release(); } // it belongs to signals_
  supervisor(supervisor const&) = delete;
  supervisor& operator=(supervisor const&) = delete;

  /// Follows the settings until the program has ended for good, or the watch ends.
  asio::awaitable<void> follow() {
    while (!is_finished_) {
      auto event = co_await events_.next();
      if (is_finished_) break;
      if (!event) {
        auto const code = report(all_, "exec", event.error());
        if (!started_) finish(code);
        if (started_) complain_line("exec: the program goes on, and later changes do not reach it");
        break;
      }
      known_.add(*event);
      take_settings();
    }
  }

  /// Once the loop has run to its end.
  exit_code code() const { return code_; }

 private:
  using act = supervision::act;

  void take_settings() {
    bool const is_first = !started_;
    if (auto const gone = is_first ? known_.missing() : std::nullopt)
      return finish(report(all_, "exec " + *gone, no_such_key(all_, *gone)));
    auto made = known_.assignments();
    if (!made && is_first) return finish(fail(all_, "exec: " + to_string(made.error())));
    if (!made) {
      complain_line("exec: " + to_string(made.error()) + "; going on with the values before it");
      return acknowledge(known_.revision(), false, to_string(made.error()));
    }
    bool const is_other = is_first || *made != assignments_;
    assignments_ = *std::move(made);
    started_ = true;
    if (is_other) return perform(plan_.changed(supervision::clock::now()));
    if (plan_.has_latest()) applying_ = known_.revision();
    if (plan_.is_running()) acknowledge(applying_, true, {});
  }

  /// Says what became of a revision. The program does not depend on it, so a failure is a remark.
  void acknowledge(client::revision_number revision, bool ok, std::string_view why) {
    if (what_.consumer.empty()) return;
    auto service = client::connection::connect(all_.socket, acknowledge_limit);
    auto const done = service ? service->acknowledge(what_.consumer, revision, ok, why)
                              : client::result<void>(service.error());
    if (!done)
      complain_line("exec: cannot acknowledge revision " + std::to_string(revision) + ": " +
                    failure_line(done.error()));
  }

  void acknowledge_outcome() {
    switch (plan_.take_outcome()) {
    case supervision::outcome::none:
      return;
    case supervision::outcome::applied:
      return acknowledge(applying_, true, {});
    case supervision::outcome::failed:
      return acknowledge(applying_, false,
                         '\'' + all_.program.front() + "' ended with " +
                             std::to_string(plan_.exit_code()));
    }
  }

  void perform(act what) {
    auto const now = supervision::clock::now();
    switch (what) {
    case act::nothing:
      break;
    case act::start:
      acknowledge_outcome(); // of the start before, and of its revision
      applying_ = known_.revision();
      child_ = start_program({.arguments = all_.program,
                              .environment = assignments_,
                              .group = group_,
                              .bond = program_bond::supervised});
      if (child_ > 0) break;
      return perform(plan_.ended(now, complain_of_start(all_.program.front(), -child_)));
    case act::stop:
      send(SIGTERM);
      send(SIGCONT); // one that is stopped would not notice
      break;
    case act::kill:
      complain_line("exec: '" + all_.program.front() + "' does not end; killed");
      send(SIGKILL);
      break;
    case act::signal:
      applying_ = known_.revision();
      ::kill(child_, signal_of(what_.signal));
      break;
    case act::finish:
      finish(static_cast<exit_code>(plan_.exit_code()));
      break;
    }
    acknowledge_outcome();
    set_timer();
  }

  void send(int number) const {
    if (child_ > 0) ::kill(group_ == program_group::own ? -child_ : child_, number);
  }

  void set_timer() {
    auto const deadline = plan_.deadline();
    if (!deadline || is_finished_) return static_cast<void>(timer_.cancel());
    timer_.expires_at(*deadline);
    timer_.async_wait([this](boost::system::error_code failed) {
      auto const now = supervision::clock::now();
      // The deadline may be another one since this was queued.
      bool const is_over = !failed && plan_.deadline() && *plan_.deadline() <= now;
      if (is_over) perform(plan_.expired(now));
    });
  }

  void wait_for_signals() {
    received_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](boost::system::error_code failed) {
                           if (failed) return;
                           while (auto const one = signals_.next())
                             pass_on(*one);
                           if (!is_finished_) wait_for_signals();
                         });
  }

  void pass_on(signalfd_siginfo const& what) {
    auto const number = static_cast<int>(what.ssi_signo);
    if (number == SIGCHLD) return collect();
    bool const has_it = group_ == program_group::of_caller && what.ssi_code == SI_KERNEL;
    if (!has_it) send(number);
    if (!asks_to_end(number)) return;
    auto const next = plan_.asked_to_end();
    if (!started_) return finish(static_cast<exit_code>(128 + number)); // as a program would end
    perform(next);
  }

  /// Collects what has ended. The group of a program is ended before the program is collected:
  /// until then its number belongs to nobody else.
  void collect() {
    siginfo_t info{};
    while (!is_finished_ && ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0) {
      pid_t const one = std::exchange(info.si_pid, 0);
      bool const is_program = one == child_;
      int const code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
      auto const next = is_program ? plan_.ended(supervision::clock::now(), code) : act::nothing;
      if (is_program && next != act::finish && group_ == program_group::own) send(SIGKILL);
      ::waitpid(one, nullptr, 0);
      if (!is_program) continue;
      child_ = -1;
      if (next == act::nothing)
        complain_line("exec: '" + all_.program.front() + "' ended with " + std::to_string(code) +
                      "; starting it again");
      perform(next);
    }
  }

  void finish(exit_code code) {
    code_ = code;
    is_finished_ = true;
    events_.stop();
    timer_.cancel();
    received_.cancel();
  }

  context const& all_;
  options const& what_;
  client::watcher events_;
  settings known_;
  supervision plan_;
  signal_source signals_;
  asio::posix::stream_descriptor received_;
  asio::steady_timer timer_;
  program_group group_;
  std::vector<std::string> assignments_; ///< of the next start
  client::revision_number applying_ = 0; ///< that of the last start or signal
  pid_t child_ = -1;
  bool started_ = false;
  bool is_finished_ = false;
  exit_code code_ = exit_code::trouble;
};

/// Becomes the program; returns only if that fails.
exit_code become_program(context const& all, options const& what,
                         boost::json::object const& values) {
  auto const found = variables_of(what, values);
  if (!found) return fail(all, "exec: " + to_string(found.error()));
  int const why = replace_process(all.program, assignments_of(*found));
  return static_cast<exit_code>(complain_of_start(all.program.front(), why));
}

exit_code supervise(context const& all, options const& what) {
  asio::io_context loop{1};
  supervisor program(loop, all, what);
  std::exception_ptr thrown;
  asio::co_spawn(loop, program.follow(), [&](std::exception_ptr problem) {
    thrown = std::move(problem);
    if (thrown) loop.stop(); // the program gets SIGTERM when this process ends
  });
  loop.run();
  if (thrown) std::rethrow_exception(thrown);
  return program.code();
}

/// The values of all keys; or prints what is missing.
template <class Use>
exit_code with_values(context const& all, std::string const& doing, options const& what, Use use) {
  auto const found = call(all, &client::connection::get, what.keys);
  if (!found) return report(all, doing, found.error());
  if (!found->missing.empty()) {
    auto const& gone = found->missing.front();
    return report(all, std::string(doing).append(" ").append(gone), no_such_key(all, gone));
  }
  return use(found->values);
}

exit_code exec(context const& all, options const& what) {
  if (auto const fault = fault_of(all, what); !fault.empty())
    return fail(all, "exec: " + fault, exit_code::usage);
  if (what.restart || !what.signal.empty()) return supervise(all, what);
  return with_values(all, "exec", what, [&](boost::json::object const& values) {
    return become_program(all, what, values);
  });
}

exit_code env(context const& all, options const& what) {
  if (!what.prefix.empty() && !is_variable_name(what.prefix))
    return fail(all, "env: --prefix '" + what.prefix + "' cannot begin the name of a variable",
                exit_code::usage);
  return with_values(all, "env", what, [&](boost::json::object const& values) {
    auto const found = variables_of(what, values);
    if (!found) return fail(all, "env: " + to_string(found.error()));
    boost::json::object as_json;
    for (auto const& one : *found)
      as_json[one.name] = one.text;
    show(all, as_json, for_screen(all.where, environment_text(*found)));
    return exit_code::ok;
  });
}

void add_variables(CLI::App* to, options& into) {
  add_argument(to, "NAMESPACE", into.keys, "Namespaces or keys")->required();
  add_option(to, "--prefix", into.prefix, "TEXT", "Begin the names of variables with it");
}

} // namespace

void add_env_commands(declarations const& to) {
  auto const printing =
      declare(to, "env", "Print values as variables, for shells and EnvironmentFile=", env);
  add_variables(printing.app, printing.options);

  auto const running = declare(
      to, "exec", "Run a program with values as variables: exec NAMESPACE -- PROGRAM", exec);
  auto& into = running.options;
  add_variables(running.app, into);
  auto* const restart = running->add_flag("--restart", into.restart, "Restart it when they change");
  add_option(running.app, "--signal", into.signal, "NAME", "Send it this when they change: HUP")
      ->excludes(restart);
  add_option(running.app, "--consumer", into.consumer, "NAME",
             "Acknowledge under this name what it has applied");
  add_duration(running.app, "--grace", into.grace, "Kill it so long after a restart begins [10s]");
}

} // namespace cfgd::cfgctl
