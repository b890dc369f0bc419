#!/usr/bin/env python3
"""The lints find what they are for, and leave alone what they must.

usage: planted_faults.py"""

import sys

import includes_point_down
import memory
import methods
import usage
import words

FOUND = [
    (words, "daemon/a.cpp", "asio::co_spawn(loop, run(), asio::detached);"),
    (words, "daemon/a.cpp", "try { f(); } catch (...) {}"),
    (words, "daemon/a.cpp", "try { f(); } catch (...) {\n  // nothing to do\n}"),
    (words, "tests/ipc/a_test.cpp", "std::this_thread::sleep_for(10ms);"),
    (words, "tests/ipc/a_test.cpp", "::usleep(10);"),
    (words, "tests/ipc/a_test.cpp", "::sleep(1);"),
    (words, "ipc/a.hpp", "class session : std::enable_shared_from_this<session> {};"),
    (words, "core/a.cpp", "// TODO: the rest"),
    (words, "core/a.cpp", "/* FIXME */"),
    (words, "core/a.hpp", "using namespace std::chrono_literals;"),
    (words, "tests/core/a_test.cpp", "BOOST_TEST(true);"),
    (words, "tests/core/a_test.cpp", 'BOOST_CHECK_MESSAGE( true, "done");'),
    (words, "core/a.cpp", "int x;\n" * 501),
    (words, "tests/core/a_test.cpp", "int x;\n" * 601),
    (words, "core/a.cpp", "int a = 1'000; // it's\nx(asio::detached); char b = 'b';"),
    (methods, "daemon/methods/a.cpp", "if (access_.allows(from, right::write, name)) set();"),
    (includes_point_down, "core/a.cpp", '#include "daemon/cache.hpp"'),
    (includes_point_down, "store/a.cpp", '#include "ipc/call.hpp"'),
    (includes_point_down, "store/a.hpp", '#  include "watchers/read_source.hpp"'),
    (includes_point_down, "watchers/a.cpp", '#include "daemon/cache.hpp"'),
    (includes_point_down, "ipc/a.cpp", '#include "daemon/cache.hpp"'),
    (includes_point_down, "ipc/a.cpp", '#include "daemon/settings.hpp"'),
    (includes_point_down, "client/a.cpp", '#include "ipc/server.hpp"'),
    (includes_point_down, "client/a.cpp", '#include "daemon/cache.hpp"'),
    (includes_point_down, "cfgctl/a.cpp", '#include "daemon/cache.hpp"'),
    (includes_point_down, "cfgctl/offline/a.cpp", '#include "daemon/settings.hpp"'),
    (includes_point_down, "cfgctl/offline/a.cpp", '#include "ipc/server.hpp"'),
    (includes_point_down, "daemon/a.cpp", '#include "tests/support/temporary_directory.hpp"'),
    (includes_point_down, "daemon/a.cpp", '#include "settings.hpp"'),
    (includes_point_down, "client/detail/a.hpp", '#include "settings.hpp"'),
    (includes_point_down, "client/a.hpp", '#include "core/error.hpp"'),
    (includes_point_down, "exporter/a.cpp", '#include "daemon/problems/problems.hpp"'),
    (includes_point_down, "exporter/a.cpp", '#include "ipc/server.hpp"'),
    (includes_point_down, "daemon/a.cpp", '#include "../core/key.hpp"'),
    (includes_point_down, "cfgctl/commands/a.cpp", '#include "store/config_store.hpp"'),
    (includes_point_down, "engine/a.cpp", '#include "store/history.hpp"'),
    (includes_point_down, "engine/rules/a.cpp", "#include <lmdb.h>"),
    (includes_point_down, "engine/a.hpp", "#include <boost/asio/post.hpp>"),
    (includes_point_down, "daemon/a.cpp", "#include <lmdb.h>"),
    (includes_point_down, "engine/CMakeLists.txt", "target_link_libraries(cfgd_engine PUBLIC PkgConfig::LMDB)"),
    (includes_point_down, "engine/CMakeLists.txt", "target_link_libraries(\n  cfgd_engine\n  PRIVATE cfgd_ipc)"),
    (includes_point_down, "store/CMakeLists.txt", "target_link_libraries(cfgd_store PUBLIC cfgd_watchers)"),
    (includes_point_down, "store/a.cpp", "#include <boost/asio/io_context.hpp>"),
    (includes_point_down, "ipc/framing.cpp", "#include <boost/asio/buffer.hpp>"),
]

LEFT_ALONE = [
    (methods, "daemon/methods/dispatcher.cpp", "policy_.allows(from, right::write, name);"),
    (words, "daemon/a.cpp", "// never asio::detached, and no sleep_for(1s)"),
    (words, "daemon/a.cpp", 'log("detached; catch (...) {}");'),
    (words, "daemon/a.cpp", 'auto text = R"(catch (...) {} "detached")";'),
    (words, "daemon/a.cpp", "try { f(); } catch (...) { report(); }"),
    (words, "core/a.cpp", "using namespace std::chrono_literals;"),
    (words, "core/a.cpp", 'mkdtemp("cfgd-XXXXXX");'),
    (words, "tests/core/a_test.cpp", "BOOST_TEST(true == f());"),
    (words, "core/a.cpp", "int x;\n" * 500),
    (includes_point_down, "daemon/a.cpp", '#include "daemon/cache.hpp"\n#include "ipc/call.hpp"'),
    (includes_point_down, "client/a.cpp", '#include "ipc/framing.hpp"\n#include "core/key.hpp"'),
    (includes_point_down, "client/a.hpp", '#include "types.hpp"'),
    (includes_point_down, "cfgctl/offline/a.cpp", '#include "engine/check_files.hpp"'),
    (includes_point_down, "cfgctl/commands/a.cpp", '#include "cfgctl/offline/check.hpp"'),
    (includes_point_down, "store/lmdb.cpp", "#include <lmdb.h>"),
    (includes_point_down, "engine/CMakeLists.txt", "target_link_libraries(cfgd_engine PUBLIC cfgd_flags cfgd_core)"),
    (includes_point_down, "engine/CMakeLists.txt", "# target_link_libraries(cfgd_engine PUBLIC cfgd_ipc)"),
    (includes_point_down, "daemon/CMakeLists.txt", "target_link_libraries(cfgd_daemon PUBLIC cfgd_store)"),
    (includes_point_down, "core/a.cpp", '// #include "daemon/cache.hpp"'),
    (includes_point_down, "ipc/a.cpp", "#include <boost/asio/awaitable.hpp>"),
    (includes_point_down, "tests/ipc/a_test.cpp", '#include "daemon/cache.hpp"'),
]

INTERFACE = "interface a.B\n\nmethod One() -> ()\nmethod Two(x: int) -> ()\n"
ROWS = '{"a.B.One", right::read, nothing}, {"a.B.Two", right::admin, nothing}'
PAGE = "| interface | methods | right | |\n|---|---|---|---|\n| a.B | One | read | |\n| a.B | Two | admin | |\n\n"
# The table of methods, the interface, the page; how many differences.
TABLES = [
    (ROWS, INTERFACE, PAGE, 0),
    (ROWS.replace("right::admin", "right::secret"), INTERFACE, PAGE, 2),
    (ROWS.replace("right::admin", "right::none"), INTERFACE, PAGE, 1),
    (ROWS, INTERFACE + "method Three() -> ()\n", PAGE, 1),
    (ROWS, INTERFACE.replace("Two", "Three"), PAGE, 2),
    (ROWS, INTERFACE, PAGE.replace("Two", "Three"), 2),
    (ROWS + ROWS[:ROWS.index("},") + 1], INTERFACE, PAGE, 2),
]

SUM = "std::size_t memory_bound(limits const& bounds) {\n  return bounds.a_bytes + 2 * bounds.b_bytes + limits::c_bytes;\n}"
SIZES = {"a_bytes": 1 << 20, "b_bytes": 2 << 20, "c_bytes": 3 << 20, "connections": 100, "reserved_descriptors": 20}
# A unit, how many faults: the limits sum up to 8 MiB.
UNITS = [
    ("LimitNOFILE=120\nMemoryHigh=8M\nMemoryMax=9M\n", 0),
    ("LimitNOFILE=120\nMemoryHigh=7M\nMemoryMax=9M\n", 1),
    ("LimitNOFILE=120\nMemoryHigh=9M\nMemoryMax=8M\n", 1),
    ("LimitNOFILE=119\nMemoryHigh=7M\nMemoryMax=6M\n", 3),
]

HELP = {
    "": "A program\nUsage: cfgctl [OPTIONS] SUBCOMMAND\n\nOptions:\n  -h,--help    Print\n  --json       Print JSON\n\n"
        "Subcommands:\n  get          Print\n  list, ls     Print\n\nSee cfgctl(1).\n",
    "get": "Print\nUsage: cfgctl get [OPTIONS] KEY\n\nPositionals:\n  KEY   --not-an-option\n\nOptions:\n  -o,--output F  A\n",
    "list": "Print\n\nOptions:\n  -h,--help    Print\n",
}
TREE = {"docs/cfgctl.1.scd", "docs/problems.md", "systemd/cfgd.service.in"}
# A text with what does not exist, the name of its file, how many faults.
USAGES = [
    ("cfgctl get site --json -o yaml", "README.md", 0),
    ("$ cfgctl --json get site --ouput yaml", "README.md", 1),
    ("`cfgctl list -o yaml` and `--output`", "README.md", 1),
    ("`--json` and `--jsn`", "README.md", 1),
    ('fail("--output and --none; systemctl enable --now"); // --comment', "cfgctl/a.cpp", 1),
    ("say 'cfgctl get --not-an-option'", "systemd/cfgd.catalog", 1),
    ("cfgctl get a -- --other; cfgctl get a && ls --all", "README.md", 0),
    ("systemctl show cfgctl -p MemoryCurrent", "README.md", 0),
    ("*cfgctl* *get* [*--output* _FORMAT_] *--at*", "docs/cfgctl.1.scd", 2),
    ("see cfgctl(1), *cfgctl*(1) and cfgctl(8)", "systemd/cfgd.catalog", 1),
    ("journalctl -u cfgd.service, cfgd-none.socket", "README.md", 1),
    ("MESSAGE_ID=" + "a" * 32 + " and " + "b" * 32, "docs/a.md", 1),
    ("docs/problems.md and docs/none.md", "systemd/cfgd.catalog", 1),
]


def main() -> int:
    wrong = 0
    program = usage.Help()
    if [program.add(path, text) for path, text in HELP.items()] != [["get", "list"], [], []]:
        wrong += 1
        print("usage: the commands of the help are wrong")
    if usage.undocumented("cfgctl", program, "*--help*, *--json* and *-o*") != [
            "cfgctl: --output is not in its manual page"]:
        wrong += 1
        print("usage: an option without a place in the manual page is not found")
    for text, name, expected in USAGES:
        found = usage.complaints(name, text, {"cfgctl": program}, TREE, {"a" * 32})
        if len(found) != expected:
            wrong += 1
            print(f"usage: {text!r}: {expected} expected, found: {found}")
    for unit, expected in UNITS:
        found = memory.complaints(SUM, SIZES, unit)
        if len(found) != expected:
            wrong += 1
            print(f"memory: {unit!r}: {expected} expected, found: {found}")
    for table, interface, readme, expected in TABLES:
        found = list(methods.differences(table, [interface], readme))
        if len(found) != expected:
            wrong += 1
            print(f"methods: {table!r}: {expected} expected, found: {found}")
    for expected, samples in ((1, FOUND), (0, LEFT_ALONE)):
        for lint, name, text in samples:
            found = list(lint.complaints(name, text))
            if len(found) != expected:
                wrong += 1
                print(f"{lint.__name__}: {name}: {text[:60]!r}: {expected} expected, found: {found}")
    print(f"{len(FOUND)} planted faults, {len(LEFT_ALONE)} sound samples, {wrong} wrong results")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
