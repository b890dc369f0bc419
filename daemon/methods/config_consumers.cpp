#include "core/json.hpp"
#include "daemon/announce.hpp"
#include "daemon/methods/batches.hpp"
#include "daemon/methods/handlers.hpp"
#include "daemon/methods/parameters.hpp"
#include "daemon/methods/reply.hpp"
#include "daemon/state_stream.hpp"
#include "daemon/systemd.hpp"
#include "ipc/interface_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Who runs which revision. A caller sees the consumers of which it may read a prefix, and of those
// only such prefixes; what a failure says is shown where no prefix is hidden.

namespace cfgd::methods {
namespace {

namespace bj = boost::json;
using steady = consumers::steady;

constexpr std::chrono::seconds usual_wait{30};

consumers::party party_of(authorized_call const& asked) { return {asked.from.uid, asked.from.pid}; }
consumers::moment now() { return {wall_now(), steady::now()}; }

/// A consumer as a caller sees it.
struct seen_consumer {
  std::string name;
  consumers::facts known;
};

/// Absent: the caller does not see it.
std::optional<seen_consumer> visible_part(std::string const& name, consumers::facts const& known,
                                          visible_namespaces const& may_read) {
  seen_consumer seen{name, known};
  auto const hidden =
      std::erase_if(seen.known.prefixes, [&](auto const& one) { return !may_read.has_key(one); });
  if (hidden != 0 && seen.known.prefixes.empty()) return std::nullopt;
  bool const is_whole = known.prefixes.empty() ? may_read.everything() : hidden == 0;
  if (seen.known.failed && !is_whole) seen.known.failed->message.clear();
  return seen;
}

std::optional<seen_consumer> find_visible(method_context& with, std::string const& name,
                                          visible_namespaces const& may_read) {
  auto const* const known = with.programs.find(name);
  if (known == nullptr) return std::nullopt;
  return visible_part(name, *known, may_read);
}

/// io.cfgd.Config.Consumer
void append_consumer(std::string& out, seen_consumer const& one) {
  auto const& known = one.known;
  bj::object made{{"name", one.name},         {"state", known.is_watching ? "watching" : "absent"},
                  {"uid", known.uid},         {"delivered", known.delivered},
                  {"applied", known.applied}, {"since", to_rfc3339(known.since)}};
  if (known.pid) made["pid"] = *known.pid;
  if (!known.unit.empty()) made["unit"] = known.unit;
  if (!known.prefixes.empty()) {
    bj::array prefixes(known.prefixes.begin(), known.prefixes.end());
    made["prefixes"] = std::move(prefixes);
  }
  if (known.failed)
    made["failure"] = bj::object{{"revision", known.failed->revision},
                                 {"message", known.failed->message},
                                 {"time", to_rfc3339(known.failed->time)}};
  json::append_compact(out, made);
}

/// Answers with consumers: `before`, the list, `after`.
void send_consumers(method_context& with, ipc::responder const& answer,
                    std::vector<seen_consumer> rows, std::string before) {
  send_list({.answer = answer, .interface = config_interface}, with.bounds,
            std::make_unique<row_items<seen_consumer>>(std::move(rows), append_consumer),
            [before = std::move(before)](std::string const& all) { return before + all + "]}"; });
}

void refuse_unknown(ipc::responder const& answer, std::string_view name) {
  answer.fail("io.cfgd.Config.NoSuchConsumer", ipc::one_parameter("consumer", name));
}

/// Answers a call with what begin() or acknowledge() has refused.
void refuse_use(authorized_call const& asked, std::string const& name, error const& why) {
  switch (why.code) {
  case errc::bad_value:
    return refuse_parameter(asked, "consumer");
  case errc::denied:
    return refuse(asked, why);
  case errc::not_found:
    return refuse_unknown(asked.answer, name);
  case errc::conflict: {
    std::string text;
    json::append_compact(text, bj::object{{"consumer", name},
                                          {"revision", *revision_of(asked.parameters, "revision")},
                                          {"delivered", why.used}});
    return asked.answer.fail("io.cfgd.Config.NotDelivered", text);
  }
  default:
    return fail(asked.answer, config_interface, why);
  }
}

/// The unit of the caller is read from /proc, which is not for the loop.
void look_up_unit(method_context& with, authorized_call const& asked, std::string const& name) {
  auto const pid = asked.from.pid;
  if (asked.from.unit) return with.programs.set_unit(name, pid, *asked.from.unit);
  with.writer.query([pid](store::config_store&) { return systemd::unit_of(pid); },
                    [&with, name, pid](result<std::string> unit) {
                      if (unit) with.programs.set_unit(name, pid, *std::move(unit));
                    },
                    asker{.uid = asked.from.uid, .is_privileged = is_privileged(asked.from.uid)});
}

/// What a watch that resumes was sent before, as far as history says it.
void look_up_resumed(method_context& with, watches::subscription const& what) {
  auto const from = what.consumer->unsure_after();
  if (!from || !what.after) return;
  auto const up_to = *what.after;
  with.queries.ask(
      {.uid = what.by.uid, .is_privileged = what.by.is_privileged},
      [after = *from, bytes = with.bounds.reply_batch_bytes](store::reading const& store) {
        return store.changes_after(after, bytes);
      },
      [up_to, prefixes = what.prefixes, may_read = what.may_read,
       kept = std::weak_ptr(what.consumer)](result<engine::history_slice> const& slice) {
        auto const resuming = kept.lock();
        if (!resuming || !slice || slice->compacted) return;
        bool const is_whole =
            !slice->more || (!slice->changes.empty() && slice->changes.back()->revision >= up_to);
        if (!is_whole) return;
        revision_number last = 0;
        for (auto const& one : slice->changes)
          if (one->revision <= up_to && std::ranges::any_of(one->keys, [&](auto const& changed) {
                return is_below(changed.key, prefixes) && may_read(namespace_of(changed.key));
              }))
            last = one->revision;
        resuming->resumed(last, steady::now());
      });
}

std::optional<consumers::failure> failure_of(method_context& with, std::string const& name) {
  auto const* const known = with.programs.find(name);
  return known == nullptr ? std::nullopt : known->failed;
}

/// After the failure of a consumer is over.
void report_recovered(method_context& with, std::string const& name, uid_t owner) {
  if (is_privileged(owner) || !with.programs.has_trouble(owner, consumers::trouble::failed))
    announce_recovered({name, owner}, "consumer_failed");
}

/// A WaitApplied under way.
struct applied_wait {
  consumers::wanted what;
  visible_namespaces may_read;
  ipc::responder answer;
  std::stop_source gone = {};
  std::optional<std::uint64_t> number = {};
};

void answer_wait(method_context& with, applied_wait const& of, consumers::outcome const& made) {
  std::vector<seen_consumer> rows;
  rows.reserve(made.waiting.size());
  for (auto const& name : made.waiting)
    if (auto one = find_visible(with, name, of.may_read)) rows.push_back(*std::move(one));
  send_consumers(with, of.answer, std::move(rows),
                 made.applied ? "{\"applied\":true,\"waiting\":["
                              : "{\"applied\":false,\"waiting\":[");
}

void begin_wait(method_context& with, std::shared_ptr<applied_wait> const& of) {
  auto const number = with.programs.wait(of->what, [&with, of](consumers::outcome const& made) {
    of->number.reset();
    answer_wait(with, *of, made);
  });
  if (!number) return fail(of->answer, config_interface, number.error());
  of->number = *number;
  with.wake();
}

/// Begins a wait for those whom a revision concerns, when history has said what it has changed.
void wait_for_concerned(method_context& with, std::shared_ptr<applied_wait> const& of,
                        asker const& by) {
  auto const revision = of->what.revision;
  with.queries.ask(
      by, [revision](store::reading const& store) { return store.changes_after(revision - 1, 1); },
      [&with, of, revision, by = by.uid](result<engine::history_slice> const& slice) {
        if (!slice) return fail(of->answer, config_interface, slice.error());
        change const* changed = nullptr;
        if (!slice->compacted && !slice->changes.empty() &&
            slice->changes.front()->revision == revision)
          changed = slice->changes.front().get();
        auto names = with.programs.concerned_by(changed, of->may_read, by);
        std::erase_if(names,
                      [&](auto const& one) { return !find_visible(with, one, of->may_read); });
        of->what.names = std::move(names);
        begin_wait(with, of);
      });
}

} // namespace

bool begin_consumer(method_context& with, authorized_call const& asked,
                    watches::subscription& what) {
  auto const name = string_of(asked.parameters, "consumer");
  if (!name) return true;
  // What another store calls by this number, or what is not there yet, is nothing to resume from.
  bool const resumes = what.after && *what.after <= with.values.revision() &&
                       what.store_id.value_or(with.values.store_id()) == with.values.store_id();
  consumers::subscription wanted{.prefixes = what.prefixes, .may_read = what.may_read};
  if (resumes) wanted.after = what.after;
  auto begun = with.programs.begin(*name, party_of(asked), std::move(wanted), now());
  if (!begun) {
    refuse_use(asked, *name, begun.error());
    return false;
  }
  what.consumer = *std::move(begun);
  look_up_unit(with, asked, *name);
  if (resumes) look_up_resumed(with, what);
  return true;
}

void acknowledge_revision(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"revision"})) return;
  auto const name = *string_of(asked.parameters, "consumer");
  consumers::acknowledgement what{.revision = *revision_of(asked.parameters, "revision"),
                                  .ok = flag_of(asked.parameters, "ok"),
                                  .message = string_of(asked.parameters, "message").value_or("")};
  auto const* const known = with.programs.find(name);
  bool const may_know = known == nullptr || known->uid == asked.from.uid || asked.from.uid == 0 ||
                        find_visible(with, name, asked.by.visible()).has_value();
  if (!may_know) return refuse_unknown(asked.answer, name); // as if it did not exist
  auto const before = failure_of(with, name);
  auto const done = with.programs.acknowledge(name, party_of(asked), std::move(what), now());
  if (!done) return refuse_use(asked, name, done.error());
  auto const after = failure_of(with, name);
  auto const owner = with.programs.find(name)->uid;
  // A program that tries again and again is one line.
  if (after &&
      (!before || before->revision != after->revision || before->message != after->message))
    announce_failure({name, owner}, after->revision, after->message);
  if (before && !after) report_recovered(with, name, owner);
  asked.answer.reply();
}

void list_consumers(method_context& with, authorized_call const& asked) {
  std::vector<seen_consumer> rows;
  with.programs.each([&](std::string const& name, consumers::facts const& known) {
    if (auto one = visible_part(name, known, asked.by.visible())) rows.push_back(*std::move(one));
  });
  send_consumers(with, asked.answer, std::move(rows), "{\"consumers\":[");
}

void wait_applied(method_context& with, authorized_call const& asked) {
  if (refuse_negative(asked, {"revision", "seconds"})) return;
  auto const seconds = integer_of(asked.parameters, "seconds").value_or(usual_wait.count());
  auto const longest = std::chrono::seconds(with.bounds.wait_time).count();
  if (seconds > longest)
    return fail(asked.answer, config_interface,
                {.code = errc::limit,
                 .message = "the time is longer than the maximum",
                 .subject = "wait_time",
                 .used = static_cast<std::uint64_t>(seconds),
                 .maximum = static_cast<std::uint64_t>(longest)});
  auto const revision = *revision_of(asked.parameters, "revision");
  if (revision > with.values.revision())
    return fail(asked.answer, config_interface,
                {.code = errc::conflict, .used = with.values.revision()});
  auto const of = std::make_shared<applied_wait>(
      applied_wait{.what = {.revision = revision,
                            .names = strings_of(asked.parameters, "consumers"),
                            .until = steady::now() + std::chrono::seconds(seconds),
                            .by = asked.from.uid},
                   .may_read = asked.by.visible(),
                   .answer = asked.answer});
  for (auto const& name : of->what.names)
    if (!find_visible(with, name, of->may_read)) return refuse_unknown(asked.answer, name);
  if (asked.oneway) return asked.answer.reply(); // nobody would see it
  asked.answer.on_closed([&with, of] {
    of->gone.request_stop();
    with.queries.drop_gone();
    if (of->number) with.programs.cancel(*of->number);
  });
  if (!of->what.names.empty() || revision == 0) return begin_wait(with, of);
  wait_for_concerned(with, of,
                     {.uid = asked.from.uid,
                      .is_privileged = is_privileged(asked.from.uid),
                      .gone = of->gone.get_token(),
                      .connection = asked.answer.connection()});
}

void forget_consumer(method_context& with, authorized_call const& asked) {
  auto const name = *string_of(asked.parameters, "consumer");
  auto const* const known = with.programs.find(name);
  bool const is_own = known != nullptr && known->uid == asked.from.uid;
  bool const may_administer = asked.by.may_administer();
  bool const is_seen =
      is_own || may_administer || find_visible(with, name, asked.by.visible()).has_value();
  if (known == nullptr || !is_seen) return refuse_unknown(asked.answer, name);
  if (!may_administer && (!is_own || known->is_watching))
    return refuse(asked, asked.by.denial(right::admin, {}));
  auto const owner = known->uid;
  bool const had_failed = known->failed.has_value();
  with.programs.forget(name);
  if (had_failed) report_recovered(with, name, owner);
  asked.answer.reply();
}

} // namespace cfgd::methods
