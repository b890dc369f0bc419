#pragma once

#include "core/error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace cfgd {

/// Replaces a file as a whole, or leaves it as it was: written beside it, made durable, renamed.
/// Errors: io.
[[nodiscard]] result<void> replace_file(std::filesystem::path const& path, std::string_view text,
                                        unsigned mode);

/// Replaces small files on a thread of its own, one after the other: a disk that hangs keeps nobody
/// waiting but this. Functions are for the loop thread, and what they are given is called there.
class file_writer {
 public:
  explicit file_writer(boost::asio::any_io_executor loop);
  /// Waits for what is under way; results of that are no longer told.
  ~file_writer();
  file_writer(file_writer const&) = delete;
  file_writer& operator=(file_writer const&) = delete;

  struct order {
    std::filesystem::path path;
    std::string text;
    unsigned mode = 0600;
  };
  void write(order what, std::function<void(result<void> const&)> done);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd
