#!/usr/bin/env python3
"""Every command of cfgctl that the catalog, the documentation or a message names exists.

usage: commands.py ROOT
Commands are what cfgctl/ declares. They are named in a line that can be typed (it begins with
`cfgctl`, after spaces, a prompt or a quote), in quotes, in Markdown code or in bold of a manual page."""

import re
import sys
from pathlib import Path

from sources import line_of, listed

DEFINED = re.compile(r'(?:add_subcommand\(\s*|declare\(\s*\*?[\w.]+,\s*(?:[\w.]+,\s*)?)"([a-z-]+)"')
# Options stand before the command; those that take a value have it behind "=" in our texts, or as a word.
NAMED = re.compile(
    r"(?:^[ \t]*(?:[$#] )?(?:sudo )?|[`'\"*(]|&& |\| |; )cfgctl(?:\* \*)?"
    r"(?: (?:-j|--json|(?:--timeout|--socket|--color)[= ][^ \n]+))* \*?([a-z][a-z-]*)",
    re.MULTILINE,
)
TEXTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "systemd/*", "docs/*.md", "docs/*.scd", "docs/**/*.toml",
         "docs/**/*.json", "docs/**/*.md", "ipc/interfaces/*.varlink")


def texts(root: Path) -> list[str]:
    found = {path.relative_to(root).as_posix() for pattern in TEXTS for path in root.glob(pattern) if path.is_file()}
    return sorted(found) + [name for name in listed(root) if not name.startswith("tests/")]


def main() -> int:
    root = Path(sys.argv[1])
    known = set()
    for path in (root / "cfgctl").rglob("*.cpp"):
        known.update(DEFINED.findall(path.read_text()))
    wrong, count = [], 0
    for name in texts(root):
        text = (root / name).read_text()
        for match in NAMED.finditer(text):
            count += 1
            if match.group(1) not in known:
                at = line_of(text, match.start(1))
                wrong.append(f"{name}:{at}: 'cfgctl {match.group(1)}': there is no such command")
    print("\n".join(wrong) if wrong else f"{count} uses of {len(known)} commands, all of which exist")
    return 1 if wrong or not known or not count else 0


if __name__ == "__main__":
    sys.exit(main())
