#!/usr/bin/env python3
"""Each folder includes and links only what is below it: daemon -> {ipc, watchers, store -> engine} -> core.

usage: includes_point_down.py ROOT
Prints FILE:LINE: what and why for each include and each linked library that does not, and fails if there
is one. Included headers are checked in the sources, linked libraries in the CMakeLists.txt of each folder.

The client is built for other people's programs: of the daemon it has only the vocabulary (core) and the
bytes on the wire (framing and messages). The engine has neither LMDB nor Asio, in includes or libraries."""

import re
import sys
from pathlib import Path

from sources import code_of, line_of, listed

# What a file may include, by its folder, besides its own folder. A prefix of the path.
BELOW = {
    "core": [],
    "engine": ["core/"],
    "store": ["core/", "engine/"],
    "watchers": ["core/"],
    "ipc": ["core/"],
    "daemon": ["core/", "engine/", "store/", "watchers/", "ipc/"],
    "client": ["core/", "ipc/framing.hpp", "ipc/message.hpp"],
    "exporter": ["core/", "client/", "ipc/task_group.hpp"],
    "apply": ["core/", "client/", "watchers/", "ipc/task_group.hpp"],
    "cfgctl": ["core/", "client/"],
    # The commands that work without a daemon.
    "cfgctl/offline": ["cfgctl/", "core/", "client/", "engine/", "store/", "watchers/"],
    # What cfgd-apply would do, shown by the one who makes a change.
    "cfgctl/targets": ["cfgctl/", "core/", "client/", "apply/"],
}
# Installed for other people's programs: they find each other beside themselves, and nothing else of ours.
PUBLIC = re.compile(r"client/\w+\.hpp")
# What the libraries of a folder may link. cfgd_flags has no code; threads have no I/O.
LINKS = {
    "core": ["Boost::json", "Boost::log", "utf8::cpp", "PkgConfig::XXHASH", "PkgConfig::SYSTEMD"],
    "core/command_line": ["cfgd_core", "CLI11::CLI11"],
    "engine": ["cfgd_core", "cfgd_rules", "cfgd_schema", "Boost::json"],
    "engine/regex": ["cfgd_core", "PkgConfig::PCRE2"],
    "engine/rules": ["cfgd_core", "cfgd_regex", "Boost::json", "PkgConfig::LUA", "fmt::fmt", "utf8::cpp"],
    "engine/schema": ["cfgd_core", "cfgd_regex", "Boost::json", "Boost::url", "PkgConfig::IDN2"],
    "store": ["cfgd_core", "cfgd_engine", "PkgConfig::LMDB", "PkgConfig::SODIUM"],
}
# Included by the store alone.
LMDB_OWNER = "store/"
# No sockets and no loop in what decides and stores, nor in what clients get of ipc.
WITHOUT_ASIO = ("core/", "engine/", "store/", "ipc/framing.", "ipc/message.")

INCLUDE = re.compile(
    r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<(boost/asio[^>\n]*|lmdb\.h)>)', re.MULTILINE
)
LINK = re.compile(r"^target_link_libraries\(\s*\w+\s+([^)]*)\)", re.MULTILINE)


def link_complaints(name: str, text: str):
    folder = name.removesuffix("/CMakeLists.txt")
    if folder not in LINKS:
        return
    for match in LINK.finditer(re.sub(r"#[^\n]*", lambda found: " " * len(found.group()), text)):
        for word in match.group(1).split():
            if word in ("PUBLIC", "PRIVATE", "INTERFACE", "cfgd_flags", *LINKS[folder]):
                continue
            where = f"{name}:{line_of(text, match.start())}"
            yield f"{where}: {word}: {folder} links {', '.join(LINKS[folder])}"


def complaints(name: str, text: str):
    if name.endswith("CMakeLists.txt"):
        yield from link_complaints(name, text)
        return
    folder = max((one for one in BELOW if name.startswith(one + "/")), key=len, default="")
    code = code_of(text, keep_strings=True)
    for match in INCLUDE.finditer(code):
        where = f"{name}:{line_of(code, match.start())}"
        ours, asio = match.groups()
        if asio == "lmdb.h":
            if not name.startswith((LMDB_OWNER, "tests/")):
                yield f"{where}: <lmdb.h> outside of {LMDB_OWNER}"
        elif asio is not None:
            if name.startswith(WITHOUT_ASIO):
                yield f"{where}: <{asio}> in what has to do without Asio"
        elif PUBLIC.fullmatch(name):
            if "/" in ours:
                yield f'{where}: "{ours}": a public header; what is installed has not that path'
        elif "/" not in ours or ".." in ours:
            yield f'{where}: "{ours}": write the path from the project\'s root'
        elif folder in BELOW and not ours.startswith(tuple([folder + "/", *BELOW[folder]])):
            allowed = ", ".join(BELOW[folder]) or "nothing"
            yield f'{where}: "{ours}": {folder} includes only {allowed}'


def main() -> int:
    root = Path(sys.argv[1])
    names = listed(root) + [f"{folder}/CMakeLists.txt" for folder in LINKS]
    found = [line for name in names for line in complaints(name, (root / name).read_text())]
    print("\n".join(found) if found else f"{len(names)} files, all includes point down")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
