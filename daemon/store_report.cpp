#include "daemon/store_report.hpp"

#include "daemon/problems/problems_report.hpp"

#include <string>
#include <utility>

namespace cfgd {
namespace {

constexpr std::size_t named_records = 20;

} // namespace

void report_recovery(store::recovery const& done) {
  if (done.is_older)
    return report("store_damaged", done.why +
                                       ": an older store was put in its place; its values "
                                       "are effective, and it goes on at revision " +
                                       std::to_string(done.continues));
  auto const from = done.copy ? "from a copy of revision " + std::to_string(*done.copy)
                              : std::string("empty, because no copy is intact");
  auto const kept = done.kept.empty() ? std::string() : ", kept in '" + done.kept.string() + '\'';
  report("store_damaged", "the store is damaged (" + done.why + ')' + kept + "; the new one is " +
                              from + " and goes on at revision " + std::to_string(done.continues));
}

void report_mended(std::vector<store::mended_record> const& all) {
  std::size_t reported = 0;
  for (bool const lost : {true, false}) {
    for (auto const& one : all) {
      if (one.is_lost != lost || reported == named_records) continue;
      ++reported;
      std::vector<log::field> fields;
      if (!one.name_space.empty()) fields.push_back({"CFGD_NAMESPACE", one.name_space});
      if (one.revision != 0) fields.push_back({"CFGD_REVISION", std::to_string(one.revision)});
      report(lost ? "record_lost" : "record_mended", one.text(), std::move(fields));
    }
  }
  if (all.size() > reported)
    report("record_mended",
           std::to_string(all.size() - reported) + " more records of the store were damaged");
}

} // namespace cfgd
