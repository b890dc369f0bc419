#include "core/json.hpp"
#include "core/outline.hpp"
#include "core/value_path.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <unordered_set>

// Get has three paths. The quick one knows one form of the call byte for byte and answers from
// ready bytes. The usual one uses ready bytes for each key. If a namespace is not in memory, the
// store is read and the reply is made from the texts.
//
// The cache has no secrets and serves everybody. The caller matters only in a namespace with
// secrets: its two texts are used then, not the cache. A key that exists and is hidden from the
// caller is rejected; in a subtree it is left out.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

/// What a bare key is made of; nothing of it is escaped in JSON.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// What a caller gets of a key.
struct found_value {
  std::optional<std::string_view> value = {};
  bool is_hidden = false; ///< there is one, which the caller may not see
};

/// Looks up the keys of one Get in texts, which stay as long as it does.
class visible_values {
 public:
  found_value look_up(view::secret_texts const& texts, key const& which, bool may_see_secrets) {
    auto const whole = in(*texts.whole).find(which.path());
    if (may_see_secrets) return {whole};
    auto const shown = in(*texts.shown).find(which.path());
    return {shown, whole && !shown};
  }
  found_value look_up(std::string const& text, key const& which) {
    return {in(text).find(which.path())};
  }

 private:
  canonical::finder& in(std::string const& text) {
    return known_.try_emplace(&text, text).first->second;
  }

  std::map<std::string const*, canonical::finder> known_;
};

/// A Get whose texts have to be looked into: where a namespace has secrets, or is not in memory.
struct text_get {
  ipc::responder answer;
  secret_visibility may_see_secrets;
  visible_namespaces may_read;
  std::vector<std::string> keys; ///< as they were asked for, each once
};

void refuse_secret(text_get const& asked, std::string_view name_space) {
  refuse({.method = "io.cfgd.Config.Get",
          .parameters = bj::object(),
          .from = asked.may_see_secrets.peer(),
          .answer = asked.answer},
         asked.may_see_secrets.denial(name_space));
}

void reply_too_long(ipc::responder const& answer, std::size_t used, limits const& bounds) {
  fail(answer, config_interface, too_long(used, bounds.reply_bytes));
}

void answer_from_texts(method_context& with, text_get const& asked, view::texts const& texts) {
  values_reply reply;
  visible_values all;
  for (auto const& text : asked.keys) {
    auto const which = parse_value_path(text);
    if (!which) return fail(asked.answer, config_interface, which.error());
    auto const& name = which->base.name_space();
    if (!asked.may_read(name)) {
      reply.add_missing(text);
      continue;
    }
    found_value found;
    if (auto const* const secret = with.values.secrets_of(name))
      found = all.look_up(*secret, which->base, asked.may_see_secrets(name));
    else if (auto const document = texts.find(name); document != texts.end())
      found = all.look_up(*document->second, which->base);
    if (found.is_hidden) return refuse_secret(asked, name);
    if (found.value) {
      auto const inside = canonical::find_inside(*found.value, *which);
      if (!inside) return fail(asked.answer, config_interface, inside.error());
      found.value = *inside;
    }
    if (!found.value) {
      reply.add_missing(text);
      continue;
    }
    if (auto const size = reply.size_bytes() + found.value->size(); size > with.bounds.reply_bytes)
      return reply_too_long(asked.answer, size, with.bounds);
    reply.add(text, *found.value);
  }
  reply_within(asked.answer, config_interface, reply.finish(with.values.revision()),
               with.bounds.reply_bytes);
}

void get_from_texts(method_context& with, authorized_call const& asked) {
  auto texts = strings_of(asked.parameters, "keys");
  std::set<std::string> const unique(texts.begin(), texts.end());
  view::names names;
  for (auto const& text : unique)
    if (auto const which = parse_value_path(text);
        which && asked.by.may_read(which->base.name_space()))
      names.insert(which->base.name_space());
  text_get wanted{.answer = asked.answer,
                  .may_see_secrets = asked.by.visible_secrets(),
                  .may_read = asked.by.visible(),
                  .keys = {unique.begin(), unique.end()}};
  with.values.with_texts(
      with.writer, std::move(names),
      [&with, wanted = std::move(wanted)](view::texts const& read) {
        answer_from_texts(with, wanted, read);
      },
      [answer = asked.answer](error const& why) { fail(answer, config_interface, why); });
}

} // namespace

void get_values(method_context& with, authorized_call const& asked) {
  values_reply reply;
  bj::array const& keys = asked.parameters.at("keys").get_array();
  std::unordered_set<std::string_view> seen;
  bool const reads_all = asked.by.reads_all();
  for (auto const& one : keys) {
    std::string_view const text = one.get_string();
    // A key that is asked for twice is answered once: a member must not come twice.
    if (keys.size() > 1 && !seen.insert(text).second) continue;
    auto const found = with.values.cache().find(text);
    if (found.what == value_cache::status::bad_key)
      return fail(asked.answer, config_interface, found.why);
    if (!reads_all && !asked.by.may_read(parse_value_path(text)->base.name_space())) {
      reply.add_missing(text);
      continue;
    }
    if (found.what == value_cache::status::not_loaded ||
        (with.values.has_secrets() &&
         with.values.secrets_of(parse_value_path(text)->base.name_space()) != nullptr))
      return get_from_texts(with, asked);
    if (found.what == value_cache::status::no_value) {
      reply.add_missing(text);
      continue;
    }
    // Checked as it grows: a key can be written in many ways, and each adds its value again.
    if (auto const size = reply.size_bytes() + found.member.size(); size > with.bounds.reply_bytes)
      return reply_too_long(asked.answer, size, with.bounds);
    reply.add_ready(found.member);
  }
  reply_within(asked.answer, config_interface, reply.finish(with.values.revision()),
               with.bounds.reply_bytes);
}

std::string_view quick_key(std::string_view parameters) {
  constexpr std::string_view before = "{\"keys\":[\"";
  constexpr std::string_view behind = "\"]}";
  if (!parameters.starts_with(before) || !parameters.ends_with(behind) ||
      parameters.size() <= before.size() + behind.size())
    return {};
  std::string_view const text =
      parameters.substr(before.size(), parameters.size() - before.size() - behind.size());
  return std::all_of(text.begin(), text.end(), is_plain) ? text : std::string_view();
}

bool get_quickly(method_context& with, std::string_view key_text, caller const& by,
                 std::string& reply) {
  auto& values = with.values;
  if (values.has_secrets()) {
    // The cache has what those get who may not see secrets.
    auto const name = key_text.substr(0, key_text.find('.'));
    if (values.secrets_of(name) != nullptr && by.may_see_secrets(name)) return false;
  }
  auto const found = values.cache().find(key_text);
  if (found.what != value_cache::status::found || found.member.size() > with.bounds.reply_bytes)
    return false;
  char digits[24];
  auto const end = std::to_chars(std::begin(digits), std::end(digits), values.revision()).ptr;
  reply.append("{\"values\":{").append(found.member).append("},\"missing\":[],\"revision\":");
  reply.append(std::begin(digits), end).append(1, '}');
  return true;
}

} // namespace cfgd::methods
