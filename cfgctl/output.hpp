#pragma once

#include <stdexcept>
#include <string_view>

namespace cfgd::cfgctl {

/// Standard output does not take what is written to it.
class output_failed : public std::runtime_error {
 public:
  explicit output_failed(int number);

  /// Whether the reader is gone, which is the reader's right and no error.
  bool closed() const { return closed_; }

 private:
  bool closed_;
};

/// Writes all of `text` at once. Throws output_failed.
void print(std::string_view text);

/// Writes all of `text` to standard error; what cannot be written is lost.
void complain(std::string_view text);

} // namespace cfgd::cfgctl
