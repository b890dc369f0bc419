#include "apply/applier.hpp"

#include "apply/applier_impl.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

#include <algorithm>
#include <utility>

// The order of the steps is decided by `application`; here each of them is done. Before files are
// replaced a failure of the journal is the failure of the targets; afterwards it ends the program,
// and the next one reads from the journal what is left to do.

namespace cfgd::apply {
namespace {

constexpr std::string_view hidden_output =
    "a program did not accept it; its output is not shown, because the files have secrets";

/// What a program has written may be anything; the journal and cfgd take text only.
std::string clean(std::string text) {
  if (is_clean_text(text)) return text;
  std::ranges::replace_if(
      text, [](char one) { return one == '\0' || static_cast<unsigned char>(one) >= 0x80U; }, '?');
  return text;
}

/// Whether a file that could not be looked at may be there the next time.
bool may_change(std::vector<compared_file> const& files) {
  return std::ranges::any_of(files, [](compared_file const& one) {
    if (one.now) return false;
    auto const code = one.now.error().code;
    return code == errc::io || code == errc::not_found || code == errc::conflict;
  });
}

void log_outcome(std::string const& name, target_record const& what, target_record const* before) {
  bool const is_news = before == nullptr || before->state != what.state ||
                       before->message != what.message || before->fingerprint != what.fingerprint;
  if (!is_news) return;
  std::vector<log::field> fields{{"CFGD_TARGET", name},
                                 {"CFGD_REVISION", std::to_string(what.revision)}};
  auto const text = "target '" + name + "'";
  switch (what.state) {
  case condition::applied:
    fields.push_back({"MESSAGE_ID", message_id::target_applied});
    log::write(log::level::notice, text + " applied, revision " + std::to_string(what.revision),
               fields);
    return;
  case condition::conflict:
    log::write(log::level::warning,
               text + ": " + first_line(what.message) + "; it is left as it is",
               {{"MESSAGE_ID", message_id::target_conflict}, fields[0], fields[1]});
    return;
  case condition::failed:
    log::write(log::level::warning,
               text + " failed, keeping the previous files: " + first_line(what.message),
               {{"MESSAGE_ID", message_id::target_failed}, fields[0], fields[1]});
    return;
  case condition::faulty:
    log::write(log::level::warning, text + " cannot be used: " + first_line(what.message),
               {{"MESSAGE_ID", message_id::target_faulty}, fields[0], fields[1]});
    return;
  }
}

} // namespace

void applier::must_write(std::string const& line) {
  if (auto const written = with_.record.write(line); !written)
    throw storage_failure("the journal cannot be written: " + to_string(written.error()));
}

applier::group_work applier::resumed_work(application_record const& open,
                                          target_map const& all) const {
  group_work work{.revision = open.revision,
                  .unit = open.unit,
                  .what = parse_action(open.action).value_or(action::none),
                  .signal = open.signal};
  for (auto const& one : open.targets) {
    auto const found = all.find(one.name);
    bool const is_known = found != all.end() && found->second;
    auto& made = work.targets.emplace_back(
        target_work{.name = one.name,
                    .as = one.user.empty() ? std::nullopt : find_user(one.user),
                    .how = is_known ? &*found->second : nullptr,
                    .fingerprint = one.fingerprint,
                    // It is not known whether it has secrets.
                    .secret = true});
    auto const& records = with_.record.state().targets;
    if (auto const known = records.find(one.name); known != records.end())
      made.contents = known->second.files;
    if (is_known) work.limit = std::max(work.limit, made.how->limit);
    for (auto const& file : one.files) {
      auto& placed = made.files.emplace_back(
          file_work{.path = file.path, .before = file.before, .after = file.after});
      if (is_known)
        for (auto const& defined : made.how->files)
          if (defined.path == file.path) placed.how.mode = defined.mode;
      made.contents[file.path] = file.after;
    }
  }
  return work;
}

void applier::recover(target_map const& all, unit_control::starting how) {
  for (auto const& [name, one] : all)
    if (one)
      for (auto const& file : one->files)
        if (auto const placed = placed_file::open(file.path, with_.trusted, one->as))
          placed->discard();
  auto const& open = with_.record.state().open;
  if (!open) return;
  auto work = resumed_work(*open, all);
  // It may have died of the last action, of which this process knows nothing.
  work.starting = how == unit_control::starting::allowed ? unit_control::starting::again : how;
  work.begun = true;
  log::write(log::level::notice,
             "an application of revision " + std::to_string(open->revision) + " was interrupted; " +
                 (open->at == phase::acting ? "finishing it" : "putting its files back"),
             {{"MESSAGE_ID", message_id::application_resumed},
              {"CFGD_REVISION", std::to_string(open->revision)}});
  auto steps =
      application::resumed(work.members(), work.acting(), open->at,
                           open->message.empty() ? "cfgd-apply was interrupted" : open->message);
  bool const was_replacing = open->at == phase::replacing;
  if (was_replacing) // no fault of the content: it is tried again
    for (auto& one : work.targets)
      one.may_succeed_later = true;
  run(steps, work);
}

void applier::take_faulty(std::string const& name, std::string const& message) {
  outcomes_[name].state = condition::faulty;
  outcomes_[name].message = message;
}

void applier::apply(target_map const& all, setting_values const& values,
                    std::set<std::string> const& forced, unit_control::starting how) {
  auto const before = std::exchange(outcomes_, {});
  wants_retry_ = false;
  std::vector<target_work> work;
  std::vector<target const*> of_work;
  for (auto const& [name, one] : all) {
    if (!one) {
      take_faulty(name, to_string(one.error()));
    } else if (auto made = prepare(*one, values,
                                   forced.contains(name) ? insistence::forced : insistence::none)) {
      work.push_back(std::move(*made)); // NOLINT: few have changed
      of_work.push_back(&*one);         // NOLINT
    }
    outcomes_[name].revision = values.revision;
  }
  for (auto const& group : group_by_unit(of_work)) {
    std::vector<target_work> together;
    together.reserve(group.size());
    for (auto const index : group)
      together.push_back(std::move(work[index]));
    run_group(std::move(together), values.revision, how);
  }
  for (auto const& [name, record] : outcomes_) {
    auto const found = before.find(name);
    log_outcome(name, record, found == before.end() ? nullptr : &found->second);
  }
}

std::optional<applier::target_work> applier::prepare(target const& which,
                                                     setting_values const& values, insistence how) {
  auto const& records = with_.record.state().targets;
  auto const found = records.find(which.name);
  auto const* const known = found == records.end() ? nullptr : &found->second;
  auto& outcome = outcomes_[which.name];
  if (known != nullptr) outcome = *known;
  std::vector<compared_file> files;
  files.reserve(which.files.size());
  for (auto const& file : which.files) {
    auto const placed = placed_file::open(file.path, with_.trusted, which.as);
    files.push_back({.bytes = render_file(file, values, with_.bounds.file_bytes),
                     .now = placed ? placed->look(with_.bounds.file_bytes)
                                   : result<file_state>(placed.error())});
  }
  auto const decided = decide(which, files, known, how);
  outcome.message = decided.message;
  switch (decided.what) {
  case decision::kind::faulty:
    outcome.state = condition::faulty;
    wants_retry_ |= may_change(files);
    return std::nullopt;
  case decision::kind::conflict:
    outcome.state = condition::conflict;
    return std::nullopt;
  case decision::kind::failed_before:
    return std::nullopt;
  default:
    break;
  }
  target_work work{
      .name = which.name, .as = which.as, .how = &which, .fingerprint = decided.fingerprint};
  for (std::size_t i = 0; i < files.size(); ++i) {
    work.secret |= has_secrets(which.files[i], values);
    work.contents[which.files[i].path] = hex_of(hash_content(*files[i].bytes));
  }
  if (decided.what == decision::kind::same) {
    bool const is_new =
        known == nullptr || known->files != work.contents || known->state != condition::applied;
    outcome.state = condition::applied;
    if (!is_new) return std::nullopt;
    outcome.files = work.contents;
    outcome.fingerprint = decided.fingerprint;
    outcome.revision = values.revision;
    outcome.time = to_rfc3339(wall_now());
    static_cast<void>(with_.record.write(target_line(which.name, outcome)));
    return std::nullopt;
  }
  work.files.reserve(decided.files.size());
  for (auto const index : decided.files) {
    auto const& file = which.files[index];
    auto const& now = *files[index].now;
    work.files.push_back({.path = file.path,
                          .bytes = std::move(*files[index].bytes),
                          .how = {.owner = file.owner, .group = file.group, .mode = file.mode},
                          .check = file.check,
                          .before = now.hash ? hex_of(*now.hash) : "",
                          .after = work.contents[file.path]});
  }
  return work;
}

void applier::run_group(std::vector<target_work> targets, std::uint64_t revision,
                        unit_control::starting how) {
  group_work one{.targets = std::move(targets), .revision = revision, .starting = how};
  for (auto const& each : one.targets) {
    auto const& target = *each.how;
    one.unit = target.unit;
    if (target.act >= one.what) one.signal = target.signal;
    one.what = std::max(one.what, target.act);
    one.limit = std::max(one.limit, target.limit);
  }
  application steps(one.members(), one.acting());
  run(steps, one);
  if (!is_whose_fault_open(steps, one.targets.size())) return;
  // One at a time, so that the others are applied.
  for (std::size_t i = 0; i < one.targets.size(); ++i) {
    if (!steps.is_live(i)) continue;
    std::vector<target_work> alone;
    alone.push_back(std::move(one.targets[i]));
    run_group(std::move(alone), revision, how);
  }
}

std::string applier::note_failure(step const& at, error const& why, group_work& work) {
  bool const is_of_all = at.what >= step::kind::begin;
  for (std::size_t i = 0; i < work.targets.size(); ++i)
    if (why.code == errc::io && (is_of_all || i == at.target))
      work.targets[i].may_succeed_later = true;
  bool const is_output = at.what == step::kind::check || at.what == step::kind::verify;
  // What they look at may not be up yet during the boot.
  if (is_output && work.starting == unit_control::starting::forbidden)
    work.targets[at.target].may_succeed_later = true;
  if (is_output && work.targets[at.target].secret) return std::string(hidden_output);
  auto text = clean(to_string(why));
  bool const is_log = at.what == step::kind::act || at.what == step::kind::act_again;
  return is_log && std::ranges::any_of(work.targets, &target_work::secret) ? first_line(text)
                                                                           : text;
}

void applier::run(application& steps, group_work& work) {
  for (auto at = steps.next(); at.what != step::kind::finished; at = steps.next()) {
    if (at.what <= step::kind::begin && with_.should_stop && with_.should_stop()) {
      for (std::size_t i = 0; i < work.targets.size(); ++i)
        discard({step::kind::discard, i, 0}, work);
      return;
    }
    if (with_.on_step) with_.on_step(at);
    auto const done = carry_out(steps, work);
    if (done) {
      steps.succeeded();
      continue;
    }
    steps.failed(note_failure(at, done.error(), work));
  }
}

} // namespace cfgd::apply
