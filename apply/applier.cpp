#include "apply/applier.hpp"

#include "apply/program.hpp"
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

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

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

struct applier::file_work {
  std::string path;
  std::string bytes = {};
  file_attributes how = {};
  std::vector<std::string> check = {};
  std::string before = {}; ///< hex_of(), empty: it does not exist
  std::string after = {};
};

struct applier::target_work {
  std::string name;
  target const* how = nullptr; ///< null: it is not defined any more
  std::string fingerprint = {};
  std::vector<file_work> files = {};
  std::map<std::string, std::string> contents = {}; ///< of all its files afterwards
  bool secret = false;
  bool may_succeed_later = false;
};

struct applier::group_work {
  std::vector<target_work> targets = {};
  std::uint64_t revision = 0;
  std::string unit = {};
  action what = action::none;
  std::string signal = {};
  std::chrono::seconds limit{30};
  unit_control::starting starting = unit_control::starting::allowed;
  bool begun = false;

  application::unit acting() const {
    return what == action::none ? application::unit::none : application::unit::acts;
  }
  std::vector<member> members() const {
    std::vector<member> out;
    out.reserve(targets.size());
    for (auto const& one : targets) {
      auto& made = out.emplace_back();
      for (auto const& file : one.files)
        made.checked.push_back(!file.check.empty());
      made.verified =
          one.how != nullptr && (!one.how->verify.empty() || one.how->active.count() > 0);
    }
    return out;
  }
  application_record record_of(application const& steps) const {
    application_record out{.revision = revision,
                           .unit = unit,
                           .action = std::string(to_string(what)),
                           .signal = signal};
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!steps.is_live(i)) continue;
      auto& made = out.targets.emplace_back(
          replaced_target{.name = targets[i].name, .fingerprint = targets[i].fingerprint});
      for (auto const& file : targets[i].files)
        made.files.push_back({.path = file.path, .before = file.before, .after = file.after});
    }
    return out;
  }
};

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
    auto& made = work.targets.emplace_back(target_work{.name = one.name,
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
        if (auto const placed = placed_file::open(file.path, with_.trusted)) placed->discard();
  auto const& open = with_.record.state().open;
  if (!open) return;
  auto work = resumed_work(*open, all);
  work.starting = how;
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
    group_work one{.revision = values.revision, .starting = how};
    for (auto const index : group) {
      auto const& target = *of_work[index];
      one.unit = target.unit;
      if (target.act >= one.what) one.signal = target.signal;
      one.what = std::max(one.what, target.act);
      one.limit = std::max(one.limit, target.limit);
      one.targets.push_back(std::move(work[index]));
    }
    application steps(one.members(), one.acting());
    run(steps, one);
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
    auto const placed = placed_file::open(file.path, with_.trusted);
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
  target_work work{.name = which.name, .how = &which, .fingerprint = decided.fingerprint};
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

void applier::run(application& steps, group_work& work) {
  for (auto at = steps.next(); at.what != step::kind::finished; at = steps.next()) {
    if (with_.on_step) with_.on_step(at);
    auto const done = carry_out(steps, work);
    if (done) {
      steps.succeeded();
      continue;
    }
    bool const is_of_all = at.what >= step::kind::begin;
    for (std::size_t i = 0; i < work.targets.size(); ++i)
      if (done.error().code == errc::io && (is_of_all || i == at.target))
        work.targets[i].may_succeed_later = true;
    bool const is_output = at.what == step::kind::check || at.what == step::kind::verify;
    // What they look at may not be up yet during the boot.
    if (is_output && work.starting == unit_control::starting::forbidden)
      work.targets[at.target].may_succeed_later = true;
    auto why = clean(to_string(done.error()));
    if (is_output && work.targets[at.target].secret) why = hidden_output;
    bool const is_log = at.what == step::kind::act || at.what == step::kind::act_again;
    if (is_log && std::ranges::any_of(work.targets, &target_work::secret)) why = first_line(why);
    steps.failed(why);
  }
}

result<void> applier::carry_out(application const& steps, group_work& work) {
  auto const at = steps.next();
  switch (at.what) {
  case step::kind::find_unit:
    return with_.units.find(work.unit);
  case step::kind::check:
    return check(at, work);
  case step::kind::keep:
    return keep(at, work);
  case step::kind::begin: {
    auto written = with_.record.write(begin_line(work.record_of(steps)));
    work.begun = written.has_value();
    return written;
  }
  case step::kind::begin_acting:
    must_write(phase_line(phase::acting, ""));
    return {};
  case step::kind::begin_restoring:
    must_write(phase_line(phase::restoring, first_line(steps.restored_because())));
    return {};
  case step::kind::act:
    return act(work, work.starting);
  case step::kind::act_again:
    return act(work, work.starting == unit_control::starting::allowed
                         ? unit_control::starting::again
                         : work.starting);
  case step::kind::verify:
    return verify(at, work);
  case step::kind::discard:
    discard(at, work);
    return {};
  case step::kind::end:
    end(steps, work);
    return {};
  default:
    return place(at, work);
  }
}

result<void> applier::place(step const& at, group_work& work) {
  auto const& file = work.targets[at.target].files[at.file];
  auto const placed = placed_file::open(file.path, with_.trusted);
  if (!placed) return placed.error();
  if (at.what == step::kind::write) return placed->write(file.bytes, file.how);
  if (at.what == step::kind::replace) { // other targets of the unit were checked meanwhile
    if (auto same = is_as_before(*placed, file); !same) return same;
    return placed->replace();
  }
  placed->discard();
  // What somebody else has written since is theirs.
  auto const now = placed->look(with_.bounds.file_bytes);
  if (!now) return now.error();
  if (!now->hash || hex_of(*now->hash) != file.after) return {};
  if (auto back = placed->restore(!file.before.empty()); !back) return back;
  if (file.before.empty() || file.before == file.after) return {};
  auto const then = placed->look(with_.bounds.file_bytes);
  if (!then) return then.error();
  if (!then->hash || hex_of(*then->hash) != file.after) return {};
  return error{.code = errc::invalid, .message = "the previous file is gone", .subject = file.path};
}

result<void> applier::is_as_before(placed_file const& placed, file_work const& file) const {
  auto const now = placed.look(with_.bounds.file_bytes);
  if (!now) return now.error();
  if ((now->hash ? hex_of(*now->hash) : "") == file.before) return {};
  return error{.code = errc::io, .message = "was changed meanwhile", .subject = file.path};
}

result<void> applier::check(step const& at, group_work const& work) const {
  auto const& target = work.targets[at.target];
  auto const& file = target.files[at.file];
  auto const placed = placed_file::open(file.path, with_.trusted);
  if (!placed) return placed.error();
  auto words = file.check;
  auto const path = placed->new_path();
  for (auto& word : words)
    for (auto at_braces = word.find("{}"); at_braces != word.npos;
         at_braces = word.find("{}", at_braces + path.size()))
      word.replace(at_braces, 2, path);
  return run_program(words, target.how->limit);
}

result<void> applier::keep(step const& at, group_work const& work) const {
  auto const& file = work.targets[at.target].files[at.file];
  auto const placed = placed_file::open(file.path, with_.trusted);
  if (!placed) return placed.error();
  if (auto kept = placed->keep(); !kept) return kept;
  return is_as_before(*placed, file);
}

result<void> applier::act(group_work const& work, unit_control::starting how) {
  return with_.units.act(work.unit, work.what, work.signal, work.limit, how);
}

result<void> applier::verify(step const& at, group_work const& work) {
  auto const& how = *work.targets[at.target].how;
  if (how.active.count() > 0 && work.starting == unit_control::starting::allowed)
    if (auto fine = with_.units.check_active(how.unit, how.active); !fine) return fine;
  if (how.verify.empty()) return {};
  return run_program(how.verify, how.limit);
}

void applier::discard(step const& at, group_work const& work) const {
  for (auto const& file : work.targets[at.target].files)
    if (auto const placed = placed_file::open(file.path, with_.trusted)) placed->discard();
}

void applier::end(application const& steps, group_work const& work) {
  auto const time = to_rfc3339(wall_now());
  for (std::size_t i = 0; i < work.targets.size(); ++i) {
    auto const& target = work.targets[i];
    auto const& records = with_.record.state().targets;
    auto const found = records.find(target.name);
    target_record now = found == records.end() ? target_record{} : found->second;
    now.revision = work.revision;
    now.time = time;
    now.fingerprint = target.fingerprint;
    now.message = steps.failure(i);
    now.state = steps.is_failed(i) ? condition::failed : condition::applied;
    if (!steps.is_failed(i)) {
      now.files = target.contents;
      for (auto const& file : target.files)
        if (auto const placed = placed_file::open(file.path, with_.trusted))
          placed->tighten_kept(file.how.mode);
    }
    if (steps.is_failed(i) && target.may_succeed_later) {
      now.fingerprint.clear();
      wants_retry_ = true;
    }
    if (work.begun)
      must_write(target_line(target.name, now));
    else
      static_cast<void>(with_.record.write(target_line(target.name, now)));
    outcomes_[target.name] = std::move(now);
  }
  if (work.begun) must_write(end_line());
}

} // namespace cfgd::apply
