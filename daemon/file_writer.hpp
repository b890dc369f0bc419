#pragma once

#include "core/error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace cfgd {

/// Replaces small files durably (core/durable_file.hpp) on a thread of its own, one after the
/// other, so that a disk that hangs does not block the loop. Its functions are called on the loop
/// thread, and `done` is called there.
class file_writer {
 public:
  explicit file_writer(boost::asio::any_io_executor loop);
  /// Waits for the writes that were submitted. Their results are not reported any more.
  ~file_writer();
  file_writer(file_writer const&) = delete;
  file_writer& operator=(file_writer const&) = delete;

  struct order {
    std::filesystem::path path;
    std::string text;
    unsigned mode = 0600; ///< of the file, whatever the umask is
  };
  /// `done` gets the outcome, and may be empty. Errors: io; the file is then unchanged.
  void write(order what, std::function<void(result<void> const&)> done);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd
