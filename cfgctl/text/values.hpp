#pragma once

#include "cfgctl/text/screen.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// Values, origins and events as text. Functions that return lines end each with a newline.
namespace cfgd::cfgctl {

/// `text` made printable if it is for a terminal, else unchanged.
std::string for_screen(screen const& where, std::string const& text);

/// JSON on one line.
std::string compact_text(boost::json::value const& value);

/// A value alone: strings without quotes, objects and arrays over several lines.
std::string value_text(screen const& where, boost::json::value const& value);

/// key = value
std::string value_line(screen const& where, std::string_view key, boost::json::value const& value);

/// A key that changed: key: old -> new. `before` or `after` is null where it had or has no value.
std::string change_line(screen const& where, std::string_view key, boost::json::value const* before,
                        boost::json::value const* after);

/// Keys that changed: at most `where.most_keys` lines, and how many keys there are more.
class key_list {
 public:
  /// `indent` begins the line with the number. `where` must outlive it.
  explicit key_list(screen const& where, std::string_view indent = {})
      : where_(where), indent_(indent) {}

  /// Adds the lines of one key. After one without room the others are only counted.
  void add(std::string_view lines);
  std::string text() const;

 private:
  screen const& where_;
  std::string_view indent_;
  std::string printed_;
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0; ///< keys
};

/// One line for each member.
std::string value_lines(screen const& where, boost::json::object const& values);

/// A JSON document: over several lines for a terminal, on one line otherwise.
std::string json_text(screen const& where, boost::json::value const& what);

/// JSON on one line, also on a terminal.
std::string json_line(screen const& where, boost::json::value const& what);

/// "/etc/cfgd/namespaces/site.yaml:3:8", "uid 1000 (alice, backup.service)", or
/// nothing.
std::string origin_text(client::origin const& from);

/// One event of a watch: a comment line, a line for each key. `known` has the values that were
/// printed before: what changed is printed with both. It becomes the values after the event. Of a
/// change some keys are printed, of the state all.
std::string event_text(screen const& where, client::watch_event const& event,
                       boost::json::object& known);
/// The same as one line of JSON, fields named as in the protocol.
std::string event_json(screen const& where, client::watch_event const& event);

} // namespace cfgd::cfgctl
