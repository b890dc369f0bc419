#!/usr/bin/env python3
"""Each folder includes only what lies below it: daemon -> {ipc, watchers, store -> engine} -> core.

usage: includes_point_down.py ROOT
Prints FILE:LINE: what and why for each include that does not, and fails if there is one.

The client is built for other people's programs and has no more of the daemon than the words (core) and
the bytes on the wire (framing and messages)."""

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
    "cfgctl": ["core/", "client/"],
    # The commands that work without a daemon.
    "cfgctl/offline": ["cfgctl/", "core/", "client/", "engine/", "store/", "watchers/"],
}
# Installed for other people's programs: they find each other beside themselves, and nothing else of ours.
PUBLIC = re.compile(r"client/\w+\.hpp")
# No sockets and no loop in what decides and keeps, nor in what clients get of ipc.
WITHOUT_ASIO = ("core/", "engine/", "store/", "ipc/framing.", "ipc/message.")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<(boost/asio[^>\n]*)>)', re.MULTILINE)


def complaints(name: str, text: str):
    folder = max((one for one in BELOW if name.startswith(one + "/")), key=len, default="")
    code = code_of(text, keep_strings=True)
    for match in INCLUDE.finditer(code):
        where = f"{name}:{line_of(code, match.start())}"
        ours, asio = match.groups()
        if asio is not None:
            if name.startswith(WITHOUT_ASIO):
                yield f"{where}: <{asio}> in what has to do without Asio"
        elif PUBLIC.fullmatch(name):
            if "/" in ours:
                yield f'{where}: "{ours}": a public header; what is installed has not that path'
        elif "/" not in ours or ".." in ours:
            yield f'{where}: "{ours}": write the path from the project\'s root'
        elif folder in BELOW and not ours.startswith(tuple([folder + "/", *BELOW[folder]])):
            allowed = ", ".join(BELOW[folder]) or "nothing"
            yield f'{where}: "{ours}": {folder} is built on {allowed}'


def main() -> int:
    root = Path(sys.argv[1])
    names = listed(root)
    found = [line for name in names for line in complaints(name, (root / name).read_text())]
    print("\n".join(found) if found else f"{len(names)} files, all includes point down")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
