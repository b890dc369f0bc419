#!/usr/bin/env python3
"""Every log line of level warning or error names its MESSAGE_ID, and every id has a text.

usage: message_ids.py ROOT
Ids are constants in core/message_ids.hpp, texts are in systemd/cfgd.catalog, lines are calls whose first
argument is log::level::warning or log::level::error, outside tests/."""

import re
import sys
from pathlib import Path

from sources import code_of, line_of, listed

# As the first argument of a call: what writes a line.
LEVEL = re.compile(r"(?<=\()\s*(?:log|lg)::level::(?:warning|error)\s*,")


def call_around(code: str, at: int) -> str:
    """The arguments of the call whose first one begins at `at`, in their parentheses."""
    depth, begin = 0, at - 1
    end = begin
    while end < len(code):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
        if depth == 0:
            break
    return code[begin:end]


def lines_without_id(root: Path) -> list[str]:
    wrong = []
    for name in listed(root):
        if name.startswith("tests/") or name == "core/log.cpp" or not name.endswith(".cpp"):
            continue
        code = code_of((root / name).read_text())
        for level in LEVEL.finditer(code):
            call = call_around(code, level.start())
            if "message_id::" not in call:
                wrong.append(f"{name}:{line_of(code, level.start())}: no message_id:: in the call")
    return wrong


def main() -> int:
    root = Path(sys.argv[1])
    header = (root / "core" / "message_ids.hpp").read_text()
    catalog = (root / "systemd" / "cfgd.catalog").read_text()
    ids = dict(re.findall(r'constexpr char (\w+)\[\] = "([^"]*)"', header))
    texts = re.split(r"^-- ", catalog, flags=re.MULTILINE)[1:]
    texts_by_id = {text.split("\n", 1)[0].strip(): text for text in texts}

    wrong = lines_without_id(root)
    code = "".join(code_of((root / name).read_text()) for name in listed(root) if not name.startswith("tests/"))
    for name, number in ids.items():
        if not re.fullmatch(r"[0-9a-f]{32}", number):
            wrong.append(f"core/message_ids.hpp: {name} is not an id of 32 digits")
        if number not in texts_by_id:
            wrong.append(f"systemd/cfgd.catalog: no text for {name}")
        if f"message_id::{name}" not in code:
            wrong.append(f"core/message_ids.hpp: {name} is not used")
    for number in texts_by_id.keys() - set(ids.values()):
        wrong.append(f"systemd/cfgd.catalog: {number} is in no header")
    if len(set(ids.values())) != len(ids):
        wrong.append("core/message_ids.hpp: an id is there twice")
    for number, text in texts_by_id.items():
        if not re.search(r"^Subject: \S.*\nDefined-By: cfgd\n", text, re.MULTILINE) or text.count("\n\n") < 2:
            wrong.append(f"systemd/cfgd.catalog: {number} lacks its subject or its text")
    print("\n".join(wrong) if wrong else f"{len(ids)} ids, each with its text")
    return 1 if wrong or not ids else 0


if __name__ == "__main__":
    sys.exit(main())
