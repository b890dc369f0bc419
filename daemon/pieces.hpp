#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cfgd {

/// How long one step of a job may work on the loop. It asks for the time, once an item.
class time_share {
 public:
  using clock = std::chrono::steady_clock;
  /// What a step of a reply takes, about: others have their turn then.
  static constexpr std::chrono::microseconds of_step{50};

  explicit time_share(clock::duration length = of_step,
                      std::function<clock::time_point()> now = &clock::now)
      : now_(std::move(now)), end_(now_() + length) {}

  bool is_over() const { return now_() >= end_; }

 private:
  std::function<clock::time_point()> now_;
  clock::time_point end_;
};

/// A list that is made item by item. Holds what it is made from.
class item_source {
 public:
  item_source() = default;
  virtual ~item_source() = default;
  item_source(item_source const&) = delete;
  item_source& operator=(item_source const&) = delete;

  /// Whether append() has nothing left.
  virtual bool at_end() = 0;
  /// Appends the next item as JSON text, without a comma.
  virtual void append(std::string& out) = 0;
};

/// The items of rows that are there already.
template <class Row>
class row_items final : public item_source {
 public:
  using appender = std::function<void(std::string& out, Row const& row)>;

  row_items(std::vector<Row> rows, appender append_row)
      : rows_(std::move(rows)), append_row_(std::move(append_row)) {}
  bool at_end() override { return next_ == rows_.size(); }
  void append(std::string& out) override { append_row_(out, rows_[next_++]); }

 private:
  std::vector<Row> rows_;
  appender append_row_;
  std::size_t next_ = 0;
};

/// Makes the pieces of a list for replies, in steps that are bounded in time: `item,item`, each
/// piece about as long as asked, and no piece before the one before it was taken. Does no I/O.
class pieces {
 public:
  pieces(std::unique_ptr<item_source> from, std::size_t piece_bytes)
      : from_(std::move(from)), piece_bytes_(piece_bytes) {}

  struct piece {
    std::string items;
    bool is_last = false;
  };
  /// Works until a piece is complete, or its time is over: absent, call it again. At least one item
  /// is made. Not after the last piece.
  std::optional<piece> step(time_share const& share);
  /// The memory of the piece that is being made.
  std::size_t size_bytes() const { return items_.size(); }
  std::size_t held_bytes() const { return items_.capacity(); }

 private:
  std::unique_ptr<item_source> from_;
  std::size_t piece_bytes_;
  std::string items_;
};

} // namespace cfgd
