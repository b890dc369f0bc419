#include "daemon/file_writer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

// The name beside the file begins with a dot and is always the same, so that what a crash leaves
// behind is written over the next time. It is made anew and not followed (O_EXCL): in a directory
// that others may write to, nobody can lay a link there and have another file overwritten.
//
// The thread holds the loop's work for as long as it has some, so that results arrive.

namespace cfgd {
namespace {

namespace asio = boost::asio;

error failure(char const* call, std::filesystem::path const& path) {
  return {.code = errc::io,
          .message = std::string(call) + ": " + std::strerror(errno),
          .subject = path.string()};
}

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

result<void> write_new(std::filesystem::path const& path, std::string_view text, unsigned mode) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure("unlink", path);
  descriptor const file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.get() < 0) return failure("open", path);
  // Whatever the umask is.
  if (::fchmod(file.get(), mode) != 0) return failure("chmod", path);
  while (!text.empty()) {
    auto const count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file.get()) != 0) return failure("fsync", path);
  return {};
}

} // namespace

result<void> replace_file(std::filesystem::path const& path, std::string_view text, unsigned mode) {
  auto const beside = path.parent_path() / ('.' + path.filename().string() + ".new");
  if (auto written = write_new(beside, text, mode); !written) {
    ::unlink(beside.c_str());
    return written;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    auto why = failure("rename", path);
    ::unlink(beside.c_str());
    return why;
  }
  descriptor const directory(
      ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Of no weight for what stands there: only whether the new or the old one does after a power cut.
  if (directory.get() >= 0) (void)::fsync(directory.get());
  return {};
}

struct file_writer::impl {
  explicit impl(asio::any_io_executor executor) : loop(std::move(executor)) {}

  asio::any_io_executor loop;
  asio::thread_pool thread{1};
};

file_writer::file_writer(asio::any_io_executor loop)
    : impl_(std::make_unique<impl>(std::move(loop))) {}

file_writer::~file_writer() { impl_->thread.join(); }

void file_writer::write(order what, std::function<void(result<void> const&)> done) {
  asio::post(impl_->thread,
             [loop = asio::prefer(impl_->loop, asio::execution::outstanding_work.tracked),
              what = std::move(what), done = std::move(done)]() mutable {
               auto outcome = replace_file(what.path, what.text, what.mode);
               asio::post(loop, [outcome = std::move(outcome), done = std::move(done)] {
                 if (done) done(outcome);
               });
             });
}

} // namespace cfgd
