/// The steps of an application, one function for each kind or two.
#include "apply/applier_impl.hpp"
#include "apply/program.hpp"
#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "core/time.hpp"

#include <utility>

namespace cfgd::apply {

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
  auto const& target = work.targets[at.target];
  auto const& file = target.files[at.file];
  auto const placed = placed_file::open(file.path, with_.trusted, target.as);
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
  auto const placed = placed_file::open(file.path, with_.trusted, target.as);
  if (!placed) return placed.error();
  auto words = file.check;
  auto const path = placed->new_path();
  for (auto& word : words)
    for (auto at_braces = word.find("{}"); at_braces != word.npos;
         at_braces = word.find("{}", at_braces + path.size()))
      word.replace(at_braces, 2, path);
  return run_program(std::move(words), target.how->limit, target.as);
}

result<void> applier::keep(step const& at, group_work const& work) const {
  auto const& target = work.targets[at.target];
  auto const& file = target.files[at.file];
  auto const placed = placed_file::open(file.path, with_.trusted, target.as);
  if (!placed) return placed.error();
  if (auto kept = placed->keep(); !kept) return kept;
  return is_as_before(*placed, file);
}

result<void> applier::act(group_work const& work, unit_control::starting how) {
  return with_.units.act(work.unit, work.what, work.signal, work.limit, how);
}

result<void> applier::verify(step const& at, group_work const& work) {
  auto const& how = *work.targets[at.target].how;
  if (how.active.count() > 0 && work.starting != unit_control::starting::forbidden)
    if (auto fine = with_.units.check_active(how.unit, how.active, how.limit); !fine) return fine;
  if (how.verify.empty()) return {};
  return run_program(how.verify, how.limit, how.as);
}

void applier::discard(step const& at, group_work const& work) const {
  auto const& target = work.targets[at.target];
  for (auto const& file : target.files)
    if (auto const placed = placed_file::open(file.path, with_.trusted, target.as))
      placed->discard();
}

void applier::tighten_kept(target_work const& of) const {
  for (auto const& file : of.files) {
    auto const placed = placed_file::open(file.path, with_.trusted, of.as);
    if (!placed) continue;
    if (auto const done = placed->tighten_kept(file.how.mode); !done)
      log::write(log::level::warning, to_string(done.error()),
                 {{"MESSAGE_ID", message_id::file_unwritten}});
  }
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
      tighten_kept(target);
    }
    if (steps.is_failed(i) && target.may_succeed_later) {
      now.fingerprint.clear();
      wants_retry_ = true;
    }
    if (steps.is_live(i) && is_whose_fault_open(steps, work.targets.size()))
      now.fingerprint.clear(); // it is tried alone
    if (work.begun)
      must_write(target_line(target.name, now));
    else
      static_cast<void>(with_.record.write(target_line(target.name, now)));
    outcomes_[target.name] = std::move(now);
  }
  if (work.begun) must_write(end_line());
}

} // namespace cfgd::apply
