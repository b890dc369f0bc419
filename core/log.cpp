#include "core/log.hpp"

#include "core/journal.hpp"
#include "core/log_gate.hpp"

#include <boost/log/attributes/attribute_set.hpp>
#include <boost/log/attributes/constant.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/make_shared.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <utility>

// Only this file includes Boost.Log, which is slow to compile and costs 50 times as much as the
// atomic load that decides first. A record passes through the Boost.Log core as one attribute, a
// pointer to our record; that is safe because every sink here is synchronous. Without a sink
// nothing is written: libraries and tests are silent by default.
//
// Repeated warnings are limited: one line of a kind in five seconds for a peer, and bursts of
// twenty for everything else, because a user who saves several faulty files in a row needs a line
// for each. A listener receives suppressed records too, so that counters stay complete.

namespace cfgd::log {
namespace {

namespace bl = boost::log;

/// The threshold for all areas, followed by one for each area.
std::array<std::atomic<level>, 1 + areas.size()> thresholds{level::info, level::info, level::info,
                                                            level::info, level::info, level::info};
/// The least important of the thresholds: rejects nearly all records with one load.
std::atomic<level> most_verbose{level::info};
std::atomic<int> sinks{0};

/// Counts of lines. Only the journal's sink writes the last two.
std::array<std::atomic<std::uint64_t>, 8> written_by_level{};
std::atomic<std::uint64_t> suppressed{0};
std::atomic<std::uint64_t> lost{0};
std::atomic<std::uint64_t> unreported{0};

constexpr gate::rate rate_for_peers{.burst = 1, .pause = std::chrono::seconds(5)};
constexpr gate::rate rate_for_others{.burst = 20, .pause = std::chrono::seconds(5)};

/// The gate and the listener of the process.
struct shared_state {
  std::mutex mutex; ///< guards the gate
  gate repeated;
  std::atomic<bool> has_listener{false};
  std::shared_mutex listening; ///< guards `on_record`; locked while it runs
  std::function<void(record const&)> on_record;
};

shared_state& shared() {
  static shared_state state;
  return state;
}

constexpr char const* record_attribute = "Record";

constexpr std::array<std::pair<level, std::string_view>, 5> names{{{level::error, "error"},
                                                                   {level::warning, "warning"},
                                                                   {level::notice, "notice"},
                                                                   {level::info, "info"},
                                                                   {level::debug, "debug"}}};

level threshold_of(std::string_view file) {
  std::string_view const name = source_name(file);
  auto const* const area = std::find(areas.begin(), areas.end(), name.substr(0, name.find('/')));
  auto const index = area == areas.end() ? 0 : 1 + static_cast<std::size_t>(area - areas.begin());
  return thresholds[index].load(std::memory_order_relaxed);
}

record const* record_of(bl::record_view const& view) {
  auto const found = bl::extract<record const*>(record_attribute, view);
  return found ? found.get() : nullptr;
}

/// $JOURNAL_STREAM names the device and inode of the journal's stream (systemd.exec(5)).
bool standard_error_is_journal() {
  char const* const stream = std::getenv("JOURNAL_STREAM");
  struct stat state {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &state) != 0) return false;
  return std::to_string(state.st_dev) + ':' + std::to_string(state.st_ino) == stream;
}

void notify_listener(record const& what) {
  auto& state = shared();
  if (!state.has_listener.load(std::memory_order_acquire)) return;
  std::shared_lock const locked(state.listening);
  if (state.on_record) state.on_record(what);
}

/// How many similar lines were suppressed before this one; absent: suppress this one too.
std::optional<std::uint64_t> pass_gate(std::vector<field> const& fields) {
  std::string subject;
  bool has_id = false;
  bool of_peer = false;
  for (auto const& one : fields) {
    has_id |= one.name == "MESSAGE_ID";
    of_peer |= one.name == "CFGD_PEER_UID";
    if (one.name != "MESSAGE_ID" && one.name != "CFGD_PEER_UID" && one.name != "CFGD_PATH")
      continue;
    subject.append(one.name).append(1, '=').append(one.value).append(1, '\n');
  }
  if (!has_id) return 0;
  auto& state = shared();
  std::lock_guard const locked(state.mutex);
  return state.repeated.pass(subject, of_peer ? rate_for_peers : rate_for_others,
                             gate::clock::now());
}

class standard_error_backend
    : public bl::sinks::basic_sink_backend<bl::sinks::synchronized_feeding> {
 public:
  void consume(bl::record_view const& view) {
    record const* const what = record_of(view);
    if (what == nullptr) return;
    std::string line;
    if (journal_)
      line = '<' + std::to_string(static_cast<int>(what->severity)) + '>';
    else
      line.append(to_string(what->severity)).append(": ");
    line.append(what->message).append(1, '\n');
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

 private:
  bool journal_ = standard_error_is_journal();
};

class journal_backend : public bl::sinks::basic_sink_backend<bl::sinks::synchronized_feeding> {
 public:
  journal_backend(std::string const& socket, std::string const& identifier)
      : to_(socket, identifier) {}

  void consume(bl::record_view const& view) {
    if (record const* const what = record_of(view)) to_.send(*what);
    note_lost();
  }

  void report_lost() {
    (void)to_.report_lost(); // retried later
    note_lost();
  }

 private:
  void note_lost() const {
    lost.store(to_.lost_in_all(), std::memory_order_relaxed);
    unreported.store(to_.lost(), std::memory_order_relaxed);
  }

  journal to_;
};

class capture_backend : public bl::sinks::basic_sink_backend<bl::sinks::synchronized_feeding> {
 public:
  void consume(bl::record_view const& view) {
    record const* const what = record_of(view);
    if (what == nullptr) return;
    std::lock_guard const guard(mutex_);
    entries_.push_back({what->severity, std::string(what->message), what->fields});
  }

  std::vector<capture::entry> take() {
    std::lock_guard const guard(mutex_);
    return std::exchange(entries_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<capture::entry> entries_;
};

template <class Backend>
using front = bl::sinks::synchronous_sink<Backend>;

/// The sink that to_journal() made; null: none.
boost::shared_ptr<front<journal_backend>>& journal_sink() {
  static boost::shared_ptr<front<journal_backend>> sink;
  return sink;
}

void push(record const& what) {
  written_by_level[static_cast<std::size_t>(what.severity)].fetch_add(1, std::memory_order_relaxed);
  auto const core = bl::core::get();
  bl::attribute_set attributes;
  attributes[record_attribute] = bl::attributes::constant<record const*>(&what);
  if (bl::record opened = core->open_record(attributes)) core->push_record(std::move(opened));
}

} // namespace

std::string_view to_string(level which) {
  for (auto const& [value, name] : names)
    if (value == which) return name;
  return "unknown";
}

std::optional<level> parse_level(std::string_view text) {
  for (auto const& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

bool enabled(level severity) {
  return severity <= most_verbose.load(std::memory_order_relaxed) &&
         sinks.load(std::memory_order_relaxed) > 0;
}

void set_threshold(level everywhere, filters const& own) {
  level most = everywhere;
  thresholds[0].store(everywhere, std::memory_order_relaxed);
  for (std::size_t area = 0; area < areas.size(); ++area) {
    auto const found = own.find(std::string(areas[area]));
    level const mine = found == own.end() ? everywhere : found->second;
    thresholds[1 + area].store(mine, std::memory_order_relaxed);
    most = std::max(most, mine);
  }
  most_verbose.store(most, std::memory_order_relaxed);
}

level threshold() { return thresholds[0].load(std::memory_order_relaxed); }

std::string_view source_name(std::string_view file) {
  constexpr std::string_view root = CFGD_SOURCE_DIRECTORY "/";
  if (file.starts_with(root)) file.remove_prefix(root.size());
  while (file.starts_with("../")) // paths from ccache are relative to the build directory
    file.remove_prefix(3);
  return file;
}

void write(level severity, std::string_view message, std::vector<field> const& fields,
           boost::source_location const& where) {
  if (severity <= level::notice) notify_listener({severity, message, fields, where});
  if (!enabled(severity) || severity > threshold_of(where.file_name())) return;
  if (severity > level::warning) return push({severity, message, fields, where});
  auto const skipped = pass_gate(fields);
  if (!skipped) {
    suppressed.fetch_add(1, std::memory_order_relaxed);
  } else if (*skipped == 0) {
    push({severity, message, fields, where});
  } else {
    auto const text = std::string(message) + suppressed_text(*skipped);
    push({severity, text, fields, where});
  }
}

counts figures() {
  counts out;
  out.suppressed = suppressed.load();
  out.lost = lost.load();
  out.unreported = unreported.load();
  for (auto const& [value, name] : names)
    out.written[value] = written_by_level[static_cast<std::size_t>(value)].load();
  return out;
}

void report_lost() {
  if (auto const& sink = journal_sink(); sink && unreported.load() != 0)
    sink->locked_backend()->report_lost();
}

listener::listener(std::function<void(record const&)> on_record) {
  auto& state = shared();
  std::unique_lock const locked(state.listening);
  state.on_record = std::move(on_record);
  state.has_listener.store(true, std::memory_order_release);
}

listener::~listener() {
  auto& state = shared();
  std::unique_lock const locked(state.listening);
  state.has_listener.store(false, std::memory_order_release);
  state.on_record = nullptr;
}

void to_standard_error() {
  bl::core::get()->add_sink(boost::make_shared<front<standard_error_backend>>());
  sinks.fetch_add(1);
}

bool to_journal(std::string const& socket, std::string const& identifier) {
  if (!standard_error_is_journal() || !journal(socket, identifier).reachable()) return false;
  auto const backend = boost::make_shared<journal_backend>(socket, identifier);
  journal_sink() = boost::make_shared<front<journal_backend>>(backend);
  bl::core::get()->add_sink(journal_sink());
  sinks.fetch_add(1);
  return true;
}

struct capture::impl {
  boost::shared_ptr<front<capture_backend>> sink = boost::make_shared<front<capture_backend>>();
};

capture::capture() : impl_(std::make_unique<impl>()) {
  {
    std::lock_guard const locked(shared().mutex);
    shared().repeated = gate();
  }
  bl::core::get()->add_sink(impl_->sink);
  sinks.fetch_add(1);
}

capture::~capture() {
  sinks.fetch_sub(1);
  bl::core::get()->remove_sink(impl_->sink);
}

std::vector<capture::entry> capture::take() { return impl_->sink->locked_backend()->take(); }

} // namespace cfgd::log
