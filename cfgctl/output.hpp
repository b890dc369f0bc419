#pragma once

#include <stdexcept>
#include <string_view>

namespace cfgd::cfgctl {

/// Writing to standard output failed.
class output_failed : public std::runtime_error {
 public:
  explicit output_failed(int number);

  /// Whether the reader closed the pipe, which is not an error: `cfgctl list | head`.
  bool closed() const { return closed_; }

 private:
  bool closed_;
};

/// Writes all of `text` to standard output, unbuffered. Throws output_failed.
void print(std::string_view text);

/// Writes all of `text` to standard error; errors are ignored.
void complain(std::string_view text);

} // namespace cfgd::cfgctl
