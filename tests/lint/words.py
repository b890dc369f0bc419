#!/usr/bin/env python3
"""Forms that the project does not use, and files that are too long.

usage: words.py ROOT
Prints FILE:LINE: what and why for each, and fails if there is one."""

import re
import sys
from pathlib import Path

from sources import code_of, line_of, listed

# Looked for in code alone; in comments one may speak of them.
IN_CODE = [
    (r"\bdetached\b", "nobody joins it or collects its exception; spawn it in a task_group"),
    (r"\bcatch\s*\(\s*\.\.\.\s*\)\s*\{\s*\}", "swallows every error, bugs too"),
    (r"\bsleep_for\b|\bsleep_until\b|\b[un]?(?:nano)?sleep\s*\(", "wait for the event, with a time limit"),
    (r"\b(?:enable_)?shared_from_this\b", "say who owns it; it ends when its owner ends"),
    (r"\bBOOST_(?:TEST|CHECK|REQUIRE)(?:_MESSAGE)?\s*\(\s*true\s*[,)]", "cannot fail"),
]
IN_HEADERS = [
    (r"\busing\s+namespace\b", "every file that includes this would get it"),
]
EVERYWHERE = [
    (r"\b(?:TODO|FIXME|XXX)\b", "do it, or leave it out"),
]
MOST_LINES = 500
MOST_LINES_OF_A_TEST = 600


def complaints(name: str, text: str):
    code = code_of(text)
    rules = [(code, rule) for rule in IN_CODE] + [(text, rule) for rule in EVERYWHERE]
    if name.endswith(".hpp"):
        rules += [(code, rule) for rule in IN_HEADERS]
    for where, (pattern, why) in rules:
        for match in re.finditer(pattern, where):
            found = " ".join(match.group().split())
            yield f"{name}:{line_of(where, match.start())}: '{found}': {why}"
    most = MOST_LINES_OF_A_TEST if name.startswith("tests/") else MOST_LINES
    lines = text.count("\n")
    if lines > most:
        yield f"{name}:{lines}: {lines} lines, at most {most}: split it"


def main() -> int:
    root = Path(sys.argv[1])
    names = listed(root)
    found = [line for name in names for line in complaints(name, (root / name).read_text())]
    print("\n".join(found) if found else f"{len(names)} files, nothing found")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
