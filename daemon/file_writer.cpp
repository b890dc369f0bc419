#include "daemon/file_writer.hpp"

#include "core/durable_file.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

// The thread holds the loop's work for as long as it has some, so that results arrive.

namespace cfgd {

namespace asio = boost::asio;

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
               auto written = replace_file(what.path, what.text, what.mode);
               asio::post(loop, [written = std::move(written), done = std::move(done)] {
                 if (done) done(written);
               });
             });
}

} // namespace cfgd
