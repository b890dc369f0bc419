#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cfgd::ipc {

/// Splits a byte stream into Varlink messages: each ends with one NUL (UAPI.20 "Messages"). Does no
/// I/O. Memory is given back when the buffer is empty, so that an idle connection holds none.
class frame_reader {
 public:
  explicit frame_reader(std::size_t maximum_frame_bytes);

  /// Room for the next read, at least `at_least` bytes. Invalidates the views that next() gave.
  std::span<char> prepare(std::size_t at_least);
  /// Says how many bytes of it were filled.
  void commit(std::size_t bytes);

  /// The next whole message without its NUL, in order; absent if more bytes are needed.
  std::optional<std::string_view> next();

  /// Whether the message at hand is already longer than allowed, ended or not. Nothing can be read
  /// behind it.
  bool too_large() const;
  /// Whether a message has begun and not ended.
  bool has_partial() const;
  /// Bytes read and not yet given out.
  std::size_t buffered_bytes() const;

 private:
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   ///< first byte not given out
  std::size_t end_ = 0;     ///< behind the last byte read
  std::size_t scanned_ = 0; ///< up to here there is no NUL
  std::size_t maximum_;
};

} // namespace cfgd::ipc
