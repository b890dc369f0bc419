#include "cfgctl/commands/supervision.hpp"

#include <utility>

namespace cfgd::cfgctl {

supervision::act supervision::changed(clock::time_point now) {
  if (is_ending_) return act::nothing;
  switch (state_) {
  case state::idle:
    return start(now);
  case state::settling:
    is_dirty_ = true;
    return act::nothing;
  case state::running:
    return react(now);
  case state::stopping:
    return act::nothing; // the next start has the latest settings
  case state::waiting:
    failures_ = 0;
    return start(now);
  }
  return act::nothing;
}

supervision::act supervision::ended(clock::time_point now, int code) {
  code_ = code;
  deadline_.reset();
  if (is_ending_) return act::finish;
  if (state_ == state::stopping) {
    is_restart_ = true;
    return start(now);
  }
  bool const has_failed = state_ == state::settling && code != 0;
  if (has_failed) outcome_ = outcome::failed;
  if (!has_failed || !is_restart_) return act::finish;
  if (is_dirty_) return start(now); // other settings: it may succeed
  if (++failures_ > rules_.most_failures) return act::finish;
  state_ = state::waiting;
  deadline_ = now + rules_.first_wait * (1 << (failures_ - 1));
  return act::nothing;
}

supervision::act supervision::asked_to_end() {
  is_ending_ = true;
  bool const has_program = state_ != state::waiting && state_ != state::idle;
  if (state_ == state::settling) deadline_.reset();
  return has_program ? act::nothing : act::finish;
}

supervision::act supervision::expired(clock::time_point now) {
  deadline_.reset();
  switch (state_) {
  case state::settling:
    state_ = state::running;
    failures_ = 0;
    outcome_ = outcome::applied;
    return std::exchange(is_dirty_, false) ? react(now) : act::nothing;
  case state::stopping:
    return act::kill;
  case state::waiting:
    return start(now);
  case state::idle:
  case state::running:
    break;
  }
  return act::nothing;
}

supervision::outcome supervision::take_outcome() { return std::exchange(outcome_, outcome::none); }

supervision::act supervision::start(clock::time_point now) {
  state_ = state::settling;
  is_dirty_ = false;
  deadline_ = now + rules_.settle;
  return act::start;
}

supervision::act supervision::react(clock::time_point now) {
  if (rules_.reaction == on_change::signal) {
    outcome_ = outcome::applied;
    return act::signal;
  }
  state_ = state::stopping;
  deadline_ = now + rules_.grace;
  return act::stop;
}

} // namespace cfgd::cfgctl
