#pragma once

#include "core/unique_fd.hpp"

#include <string_view>

namespace cfgd::cfgctl {

/// Says when a long-running command should stop: at SIGINT, SIGTERM, or when the reader of standard
/// output is gone. It blocks the signals while it exists and receives them through a descriptor
/// (signalfd(2)), so that they do not interrupt anything. At most one object at a time.
class stop_source {
 public:
  /// Throws std::system_error.
  stop_source();
  ~stop_source();
  stop_source(stop_source const&) = delete;
  stop_source& operator=(stop_source const&) = delete;

  /// Readable when it is time to stop, and from then on.
  int descriptor() const { return epoll_.get(); }

  /// Writes to standard output. False if it is time to stop, also while the reader does not read.
  /// Throws output_failed if writing fails for another reason than that the reader is gone.
  bool print(std::string_view text) const;

 private:
  unique_fd signals_;
  unique_fd epoll_;
};

} // namespace cfgd::cfgctl
