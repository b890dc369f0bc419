#pragma once

#include "apply/placed_file.hpp"
#include "apply/record.hpp"
#include "apply/render.hpp"
#include "apply/target.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Decides what an application has to do. No I/O.
namespace cfgd::apply {

/// A file as it is to be, and as it is.
struct compared_file {
  result<std::string> bytes;
  result<file_state> now;
};

struct decision {
  enum class kind : std::uint8_t {
    same,          ///< every file is as it is to be
    replace,       ///< `files` are to be replaced
    failed_before, ///< this was tried, and failed
    conflict,      ///< somebody else has changed a file
    faulty,        ///< a file cannot be rendered or placed
  };
  kind what = kind::same;
  std::string message = {};
  /// Identifies the contents and everything that decides whether they are accepted.
  std::string fingerprint = {};
  std::vector<std::size_t> files = {};
};

enum class insistence : std::uint8_t {
  none,
  forced, ///< replace what others have changed, and try again what has failed
};

/// `files` are those of the target; `known` is what was recorded of it, null if nothing. A file
/// that was never written by cfgd-apply and has other content is a conflict, too.
decision decide(target const& which, std::vector<compared_file> const& files,
                target_record const* known, insistence how);

/// The targets that are applied together: those with the same unit, or one without a unit.
/// Elements are indexes of `which`.
std::vector<std::vector<std::size_t>> group_by_unit(std::vector<target const*> const& which);

} // namespace cfgd::apply
