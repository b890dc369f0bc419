#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

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

  /// The next whole message without its NUL, in order; absent if more bytes are needed, or if the
  /// message is too_large. Views stay valid until prepare(), keep(), or a next() that gives
  /// nothing.
  std::optional<std::string_view> next();
  /// Gives back the message that next() gave last: it is the next one again.
  void put_back(std::string_view message);

  /// Whether the message at hand is already longer than allowed, ended or not. Nothing can be read
  /// behind it.
  bool too_large() const;
  /// Whether a message has begun and not ended, or has ended and was not given out.
  bool has_partial() const { return begin_ != end_; }
  /// Bytes read and not yet given out.
  std::size_t buffered_bytes() const { return end_ - begin_; }
  /// Memory of its own.
  std::size_t held_bytes() const { return own_ ? capacity_ : 0; }

  /// Uses `scratch` for the coming reads if nothing is buffered, so that many readers share one
  /// large buffer and copy only what is left over. It must stay until keep().
  void borrow(std::span<char> scratch);
  /// Ends the loan: moves what is left to memory of its own.
  void keep();

 private:
  void move_to_own(std::size_t capacity);

  std::unique_ptr<char[]> own_;
  char* data_ = nullptr; ///< own_ or borrowed
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;   ///< first byte not given out
  std::size_t end_ = 0;     ///< behind the last byte read
  std::size_t scanned_ = 0; ///< between begin_ and here there is no NUL
  std::size_t maximum_;
};

} // namespace cfgd::ipc
