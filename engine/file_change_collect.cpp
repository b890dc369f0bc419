#include "engine/file_change_plan.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// Which sources take part in a file change, and the record that each would get. Content that was
// rejected by its parser, or that cannot be read, does not change the layers; it is only recorded,
// so that Sources shows it and a restart does not take the file for a new one.

namespace cfgd::engine {
namespace {

/// Sources rejected earlier that one file change retries.
constexpr std::size_t most_tried = 32;

} // namespace

/// Builds the new record of a source from the one before and what was found.
class file_change_plan::update_visitor {
 public:
  update_visitor(entry& made, source_update const& asked, limits const& bounds,
                 std::uint64_t edit_number)
      : made_(made), asked_(asked), bounds_(bounds), edit_number_(edit_number) {}

  void operator()(source_update::good const& found) {
    auto& record = begin();
    auto const* const before = made_.before.get();
    record.document = source_content(asked_.id.what, found.document);
    made_.parsed = {std::shared_ptr<void const>(), &found.document};
    // Other bytes may have the same content, such as a new comment: the policy need not run.
    made_.has_new_content =
        before == nullptr || !before->row.is_effective || before->document != record.document;
    if (!made_.has_new_content) record.document.share_text(before->document.text());
    made_.bytes = found.bytes;
    record.row.status = source_status::active;
    record.row.why.reset();
    record.row.is_effective = true;
    record.row.hash = asked_.hash;
    record.refused.reset();
  }

  void operator()(source_update::refused const& found) {
    auto& record = begin();
    record.row.status = source_status::quarantined;
    record.row.why = found.why;
    record.row.hash = asked_.hash;
    record.refused = {
        .bytes = found.bytes.substr(0, bounds_.file_bytes), .why = found.why, .edit = edit_number_};
  }

  void operator()(source_update::blocked const& found) {
    auto& record = begin();
    record.row.status = found.status;
    record.row.why = found.why;
    // The content that was rejected is not retried while the file cannot be read.
    if (record.refused) record.refused->document.reset();
    if (record.refused) record.refused->edit = 0;
  }

  void operator()(source_update::touched const&) {
    if (!made_.before) return;
    auto& record = begin();
    record.row.status = record.refused ? source_status::quarantined : source_status::active;
    record.row.why.reset();
    if (record.refused) record.row.why = record.refused->why;
  }

  void operator()(source_update::gone const& found) const {
    made_.masked_by = found.masked_by;
    made_.now.reset();
    made_.has_new_content = made_.before != nullptr;
    made_.order = rank::removal;
  }

 private:
  source_record& begin() {
    made_.now = made_.before ? std::make_shared<source_record>(*made_.before)
                             : std::make_shared<source_record>();
    made_.now->row.id = asked_.id;
    made_.now->row.path = asked_.path;
    made_.now->row.identity = asked_.identity;
    made_.now->removed = false;
    return *made_.now;
  }

  entry& made_;
  source_update const& asked_;
  limits const& bounds_;
  std::uint64_t edit_number_;
};

result<void> file_change_plan::add_updates(finder const& find) {
  entries_.reserve(asked_.updates.size());
  std::map<source_id, std::size_t> known; // index of its entry
  for (auto const& asked : asked_.updates) {
    if (!is_source(asked.id))
      return error{.code = errc::bad_key,
                   .message = "not a valid source file name",
                   .subject = to_string(asked.id)};
    entry one{.id = asked.id,
              .name_space = std::string(namespace_of(asked.id).value_or("")),
              .before = find(asked.id),
              .now = {}};
    if (asked.id.what != source_kind::values) one.order = rank::policy;
    auto const [at, is_first] = known.try_emplace(asked.id, entries_.size());
    if (is_first) {
      std::visit(update_visitor(one, asked, bounds_, edit_number_), asked.what);
      entries_.push_back(std::move(one));
      continue;
    }
    // A second update of the same source is applied to the result of the first.
    auto& twin = entries_[at->second];
    auto before = std::exchange(one.before, twin.now);
    std::visit(update_visitor(one, asked, bounds_, edit_number_), asked.what);
    one.before = std::move(before);
    if (one.exists()) {
      one.has_new_content = one.has_new_content || twin.has_new_content;
      if (one.bytes.empty()) one.bytes = twin.bytes;
    }
    twin = std::move(one);
  }
  std::erase_if(entries_, [](entry const& one) { return !one.exists(); });
  return {};
}

void file_change_plan::add_retryable(std::set<source_id> const& which, revision_number revision,
                                     finder const& find) {
  std::set<source_id> updated;
  std::set<std::string> names;
  for (auto const& one : entries_) {
    updated.insert(one.id);
    names.insert(one.name_space);
  }
  struct earlier_rejection {
    source_id id;
    std::shared_ptr<source_record const> record;
  };
  std::vector<earlier_rejection> first;
  std::vector<earlier_rejection> others;
  std::set<std::uint64_t> blocked_edits; // edits with a file that cannot be retried
  for (auto const& id : which) {
    auto record = find(id);
    if (!record || !record->retryable() || updated.contains(id)) continue;
    bool const can_retry = record->removed || (record->refused->document &&
                                               record->row.status == source_status::quarantined);
    if (!can_retry) {
      if (record->refused->edit != 0) blocked_edits.insert(record->refused->edit);
      continue;
    }
    auto const name = namespace_of(id);
    // Most likely the file change is the correction that these were waiting for.
    bool const near = name && names.contains(std::string(*name));
    (near ? first : others).push_back({id, std::move(record)});
  }
  // Without rotation the same sources would use up the limit each time.
  if (!others.empty())
    std::rotate(others.begin(),
                others.begin() + static_cast<std::ptrdiff_t>(revision % others.size()),
                others.end());
  std::ranges::move(others, std::back_inserter(first));
  std::size_t tried = 0;
  for (auto& one : first) {
    if (one.record->refused && blocked_edits.contains(one.record->refused->edit)) continue;
    if (++tried > most_tried) return;
    add_retry(one.id, std::move(one.record));
  }
}

void file_change_plan::add_retry(source_id const& id, std::shared_ptr<source_record const> before) {
  entry one{.id = id,
            .name_space = std::string(namespace_of(id).value_or("")),
            .before = std::move(before),
            .now = {},
            .has_new_content = true,
            .order = rank::retryable};
  auto const& known = *one.before;
  if (known.refused) one.edit_number = known.refused->edit;
  if (!known.removed) {
    one.bytes = known.refused->bytes;
    one.now = std::make_shared<source_record>(known);
    one.now->document = source_content(id.what, *known.refused->document);
    one.now->refused.reset();
    one.now->row.why.reset();
    one.now->row.status = source_status::active;
    one.now->row.is_effective = true;
  }
  entries_.push_back(std::move(one));
}

} // namespace cfgd::engine
