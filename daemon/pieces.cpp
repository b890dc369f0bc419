#include "daemon/pieces.hpp"

#include <utility>

namespace cfgd {

std::optional<pieces::piece> pieces::step(time_share const& share) {
  while (!from_->at_end()) {
    if (items_.size() >= piece_bytes_)
      return piece{.items = std::exchange(items_, {}), .is_last = false};
    if (!items_.empty()) items_ += ',';
    from_->append(items_);
    if (share.is_over() && !from_->at_end() && items_.size() < piece_bytes_) return std::nullopt;
  }
  return piece{.items = std::exchange(items_, {}), .is_last = true};
}

} // namespace cfgd
