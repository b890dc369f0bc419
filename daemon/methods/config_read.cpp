#include "core/document.hpp"
#include "core/json.hpp"
#include "core/leaf_walk.hpp"
#include "core/value_path.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/state_stream.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

// The reads of io.cfgd.Config other than Get and Explain, which have files of their own. Replies of
// List and Watch are put together from canonical texts: nothing is parsed or copied into values.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;

std::string list_text(std::string_view values, revision_number revision) {
  std::string out = "{";
  if (!values.empty()) out.append("\"values\":{").append(values).append("},");
  return out.append("\"revision\":").append(std::to_string(revision)).append("}");
}

/// The leaves of a value inside of an array: `"name.member":value,...`. Holds the text.
class element_leaves final : public item_source {
 public:
  element_leaves(std::shared_ptr<std::string const> text, std::string name, std::string_view value)
      : text_(std::move(text)), walk_(std::move(name), value) {}

  bool at_end() override { return !walk_.has_leaf(); }
  void append(std::string& out) override {
    json::append_string(out, walk_.name());
    out.append(1, ':').append(walk_.value());
    walk_.advance();
  }

 private:
  std::shared_ptr<std::string const> text_;
  canonical::leaf_walk walk_;
};

/// `waiting`: files that wait for the end of an edit. `emptied`: files that are empty, and whose
/// values stay for the moment.
std::string sync_reply(revision_number revision, std::size_t waiting, std::size_t emptied) {
  std::string text = "{\"revision\":" + std::to_string(revision);
  if (waiting != 0) text += ",\"waiting\":" + std::to_string(waiting);
  if (emptied != 0) text += ",\"emptied\":" + std::to_string(emptied);
  return text + '}';
}

void list_element(method_context& with, authorized_call const& asked, value_path const& which) {
  list_call const to{asked.answer, config_interface, asked.more};
  auto const begin = [&with, to, which, visible = asked.by.visible_secrets(),
                      may_read = asked.by.visible()](view::texts const& shown) {
    auto const texts = with.values.reveal(shown, visible, may_read);
    auto const revision = with.values.revision();
    auto const text = texts.find(which.base.name_space());
    auto const whole = text == texts.end() ? std::optional<std::string_view>()
                                           : with.values.find_in(*text->second, which.base);
    if (!whole) return to.answer.reply(list_text("", revision));
    auto const value = canonical::find_inside(*whole, which);
    if (!value) return fail(to.answer, config_interface, value.error());
    if (!*value) return to.answer.reply(list_text("", revision));
    send_list(to, with.bounds, std::make_unique<element_leaves>(text->second, which.str(), **value),
              [revision](std::string const& values) { return list_text(values, revision); });
    with.streams.note_reader(to.answer);
  };
  with.values.with_texts(
      with.writer, view::names{asked.by.visible().or_absent(which.base.name_space())}, begin,
      [answer = asked.answer](error const& why) { fail(answer, config_interface, why); },
      asker_of(with, asked));
}

} // namespace

void list_values(method_context& with, authorized_call const& asked) {
  std::vector<std::string> prefixes;
  std::optional<view::names> names; // absent: all
  if (auto const* const prefix = asked.parameters.if_contains("prefix")) {
    auto const which = parse_value_path(prefix->get_string());
    if (!which) return fail(asked.answer, config_interface, which.error());
    if (!which->inside.empty()) return list_element(with, asked, *which);
    prefixes.push_back(which->str());
    names = view::names{asked.by.visible().or_absent(which->base.name_space())};
  }
  list_call const to{asked.answer, config_interface, asked.more};
  auto const begin = [&with, to, prefixes, visible = asked.by.visible_secrets(),
                      may_read = asked.by.visible()](view::texts const& texts) {
    auto const find = [&with](std::string_view text, key const& which) {
      return with.values.find_in(text, which);
    };
    send_list(to, with.bounds,
              std::make_unique<state_stream>(with.values.reveal(texts, visible, may_read), prefixes,
                                             find),
              [revision = with.values.revision()](std::string const& values) {
                return list_text(values, revision);
              });
    with.streams.note_reader(to.answer);
  };
  with.values.with_texts(
      with.writer, std::move(names), begin,
      [answer = asked.answer](error const& why) { fail(answer, config_interface, why); },
      asker_of(with, asked));
}

std::shared_ptr<void> read_validate(ipc::call const& asked) {
  auto const* const given = asked.parameters.if_contains("document");
  if (given == nullptr) return nullptr;
  // The call's storage ends with it.
  return std::make_shared<bj::object>(given->get_object(), bj::storage_ptr{});
}

void validate_namespace(method_context& with, authorized_call const& asked) {
  std::string const name(asked.parameters.at("namespace").get_string());
  auto document = asked.read_ahead<bj::object const>();
  if (!document) document = std::static_pointer_cast<bj::object const>(read_validate(asked));
  auto const may_read = asked.by.visible();
  with.queries.ask(
      asker_of(with, asked),
      [name = may_read.or_absent(name), document = std::move(document), may_read](
          store::reading const& store) { return store.validate(name, document.get(), may_read); },
      [answer = asked.answer, name, may_read](result<std::vector<issue>> const& found) {
        if (!found) return fail(answer, config_interface, naming(found.error(), name));
        bool const valid = std::ranges::none_of(
            *found, [](issue const& one) { return one.how == severity::error; });
        bj::object out{{"valid", valid}};
        out["issues"] = to_json(may_read.part_of(*found));
        reply(answer, out);
      });
}

void watch_values(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"afterRevision"})) return;
  auto const* const given = asked.parameters.if_contains("prefixes");
  if (auto const count = given == nullptr ? 0 : given->get_array().size();
      count > with.bounds.watch_prefixes)
    return fail(asked.answer, config_interface,
                {.code = errc::limit,
                 .message = "too many prefixes",
                 .subject = "watch_prefixes",
                 .used = count,
                 .maximum = with.bounds.watch_prefixes});
  auto const keys = parse_keys(strings_of(asked.parameters, "prefixes"));
  if (!keys) return fail(asked.answer, config_interface, keys.error());
  std::vector<std::string> prefixes;
  for (auto const& one : *keys)
    prefixes.push_back(one.str());
  auto const* const secrets = asked.parameters.if_contains("secrets");
  // One copy of the peer for each watcher.
  auto const visible = std::make_shared<visible_namespaces const>(asked.by.visible());
  std::function<bool(std::string_view)> may_see_secrets = [visible](std::string_view name) {
    return visible->secrets_of(name);
  };
  if (secrets != nullptr && secrets->is_bool() && !secrets->get_bool())
    may_see_secrets = [](std::string_view) { return false; };
  watches::subscription wanted{
      .prefixes = std::move(prefixes),
      .after = revision_of(asked.parameters, "afterRevision"),
      .may_see_secrets = std::move(may_see_secrets),
      .may_read = [visible](std::string_view name) { return (*visible)(name); },
      .wants_hidden = flag_of(asked.parameters, "hidden"),
      .store_id = string_of(asked.parameters, "storeId"),
      .by = {.uid = asked.from.uid, .is_privileged = is_privileged(asked.from.uid)}};
  if (begin_consumer(with, asked, wanted)) with.streams.start(asked.answer, std::move(wanted));
}

void sync_files(method_context& with, authorized_call const& asked) {
  // The committer's queue is in order: a question behind what was found is answered last.
  with.files.look_now(watchers::source_watcher::depth::changed, [&with, answer = asked.answer] {
    with.writer.query(
        [](store::config_store& store) { return store.revision(); },
        [&with, answer](result<revision_number> const& revision) {
          if (with.values.unrecorded())
            fail(answer, config_interface, *with.values.unrecorded());
          else if (revision)
            answer.reply(sync_reply(*revision, with.values.waiting_files(), with.files.emptied()));
          else
            fail(answer, config_interface, revision.error());
        });
  });
}

} // namespace cfgd::methods
