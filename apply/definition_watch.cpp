/// A directory that does not exist yet is watched for in the nearest one above it that does. After
/// every notification the watches are set again, before the receiver reads: what changes later is
/// an event.
#include "apply/definition_watch.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace cfgd::apply {
namespace {

constexpr std::chrono::milliseconds quiet{200}; ///< an editor or a package writes several files
constexpr std::chrono::seconds longest{2};      ///< however often they change

} // namespace

definition_watch::definition_watch(boost::asio::any_io_executor const& loop,
                                   std::vector<std::filesystem::path> directories,
                                   std::function<void()> changed)
    : directories_(std::move(directories)), changed_(std::move(changed)), timer_(loop) {
  try {
    kernel_.emplace();
    events_.emplace(loop, kernel_->descriptor());
  } catch (std::system_error const& failure) {
    log::write(log::level::warning,
               std::string(failure.what()) + ": changed targets are read after a reload only",
               {{"MESSAGE_ID", message_id::not_watched},
                {"ERRNO", std::to_string(failure.code().value())}});
    return;
  }
  set_watches();
  await_events();
}

definition_watch::~definition_watch() {
  if (events_) events_->release(); // the descriptor is kernel_'s
}

void definition_watch::stop() {
  timer_.cancel();
  if (events_) events_->cancel();
  changed_ = nullptr;
}

void definition_watch::watch_nearest(std::filesystem::path const& directory,
                                     std::map<int, std::set<std::string>>& into) const {
  std::string missing;
  for (auto at = directory;; missing = at.filename(), at = at.parent_path()) {
    unique_fd const fd(::open(at.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd && at.has_relative_path()) continue;
    using watchers::inotify;
    int const number =
        fd ? kernel_->watch(fd.get(), at,
                            missing.empty() ? inotify::files_mask : inotify::names_mask)
           : -1;
    if (number < 0) return;
    auto& names = into[number];
    if (!missing.empty()) names.insert(missing);
    return;
  }
}

void definition_watch::set_watches() {
  std::map<int, std::set<std::string>> now;
  for (auto const& directory : directories_)
    watch_nearest(directory, now);
  for (auto const& [number, names] : watches_)
    if (!now.contains(number)) kernel_->unwatch(number);
  watches_ = std::move(now);
}

void definition_watch::await_events() {
  events_->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code const& failed) {
                        if (failed || !changed_) return;
                        kernel_->read([this](auto const& event) { on_event(event); });
                        await_events();
                      });
}

void definition_watch::on_event(watchers::kernel_event const& event) {
  auto const of = watches_.find(event.watch);
  if ((event.mask & IN_Q_OVERFLOW) == 0) {
    if (of == watches_.end()) return;
    bool const matters =
        of->second.empty() || event.name.empty() || of->second.contains(std::string(event.name));
    if (!matters) return;
  }
  if (!first_) first_ = clock::now();
  await_quiet();
}

void definition_watch::await_quiet() {
  timer_.expires_at(std::min(clock::now() + quiet, *first_ + longest));
  timer_.async_wait([this](boost::system::error_code const& ended) {
    if (ended || !changed_) return;
    first_.reset();
    set_watches();
    changed_();
  });
}

} // namespace cfgd::apply
