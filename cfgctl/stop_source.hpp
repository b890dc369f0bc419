#pragma once

#include "core/unique_fd.hpp"

#include <string_view>

namespace cfgd::cfgctl {

/// Tells when a command that runs until it is stopped should stop: SIGINT, SIGTERM, or nobody reads
/// standard output any more. The signals are blocked while it lives, and come through a descriptor
/// (signalfd(2)), so that nothing happens in between two instructions.
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
