#include "store/encoding.hpp"
#include "store/layout_keys.hpp"
#include "store/mending.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <exception>

// Mending takes two transactions, since effective values are merged and overrides derived when the
// store is open again. What the second one has to do is written by the first, as JSON in `meta`,
// and removed by the second: a process that dies in between leaves it to the next start. What the
// second one cannot do stays there, too.

namespace cfgd::store {
namespace {

namespace keys = layout_keys;
namespace bj = boost::json;
constexpr auto must_be_there = lmdb::transaction::if_absent::fail;

bj::array to_json(std::set<std::string> const& names) {
  return bj::array(names.begin(), names.end());
}

void add_names(std::set<std::string>& to, bj::value const& from) {
  for (auto const& name : from.as_array())
    to.emplace(name.as_string());
}

mended_record to_record(bj::object const& from) {
  return {.record = bj::value_to<std::string>(from.at("record")),
          .outcome = bj::value_to<std::string>(from.at("outcome")),
          .is_lost = from.at("isLost").as_bool(),
          .name_space = bj::value_to<std::string>(from.at("namespace")),
          .revision = from.at("revision").to_number<revision_number>()};
}

/// Of a store that does not say what is left to mend: it may be anything.
mending lost_mending() {
  return {.done = {{.record = "what was left to mend",
                    .outcome = "lost; all namespaces are looked through for it",
                    .is_lost = true}},
          .without_effective = {mending::unknown_name},
          .without_overrides = {mending::unknown_name}};
}

} // namespace

void note_mending(lmdb::write_transaction& in, mending const& what) {
  bj::array done;
  done.reserve(what.done.size());
  for (auto const& one : what.done)
    done.push_back({{"record", one.record},
                    {"outcome", one.outcome},
                    {"isLost", one.is_lost},
                    {"namespace", one.name_space},
                    {"revision", one.revision}});
  bj::value const note{{"done", std::move(done)},
                       {"withoutEffective", to_json(what.without_effective)},
                       {"withoutOverrides", to_json(what.without_overrides)},
                       {"doubtful", to_json(what.doubtful)},
                       {"unmerged", to_json(what.unmerged)}};
  keys::put_meta(in, in.open(keys::meta, must_be_there), keys::mending, bj::serialize(note));
}

mending noted_mending(lmdb::transaction& in) {
  try {
    mending out;
    auto const text = keys::get_meta(in, in.open(keys::meta, must_be_there), keys::mending);
    if (!text) return out;
    bj::parse_options how;
    how.allow_invalid_utf8 = true; // names are from damaged keys, and written as they are
    auto const note = bj::parse(*text, {}, how);
    for (auto const& one : note.at("done").as_array())
      out.done.push_back(to_record(one.as_object()));
    add_names(out.without_effective, note.at("withoutEffective"));
    add_names(out.without_overrides, note.at("withoutOverrides"));
    add_names(out.doubtful, note.at("doubtful"));
    if (auto const* const names = note.as_object().if_contains("unmerged"))
      add_names(out.unmerged, *names);
    return out;
  } catch (damaged_record const&) {
    return lost_mending();
  } catch (lmdb_error const&) {
    throw;
  } catch (std::exception const&) { // it is not what note_mending() writes
    return lost_mending();
  }
}

void forget_mending(lmdb::write_transaction& in) {
  in.erase(in.open(keys::meta, must_be_there), keys::mending);
}

} // namespace cfgd::store
