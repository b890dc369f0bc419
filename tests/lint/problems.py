#!/usr/bin/env python3
"""docs/problems.md shows the table of situations as it is, and every line about an error has a row.

usage: problems.py ROOT            compares
       problems.py ROOT --print    prints the table as it has to be

The table is in daemon/problems/problems_table.cpp. Lines are calls whose first argument is log::level::warning or
log::level::error and that name a message_id::, outside tests/ and apply/, a program of its own whose failures are
problems of consumers: their level must be the row's."""

import re
import sys
from pathlib import Path

from message_ids import LEVEL, call_around
from sources import code_of, line_of, listed

ROW = re.compile(
    r'situation\{"(?P<name>\w+)",\s*message_id::(?P<id>\w+),\s*(?P<kind>\w+),\s*lg::(?P<level>\w+),\s*'
    r"(?P<outlook>recoverable|fatal),\s*(?P<lasting>\w+),\s*"
    r'"(?P<source>[^"]*)",\s*(?P<recovery>kept|"(?:[^"]|"\s*")*")\}'
)
LASTING = {"event": "at once", "process": "when it works again, or at the next start", "file": "when the file is good or gone"}


def of_code(text: str) -> list[dict]:
    kept = re.search(r'kept = "([^"]*)"', text).group(1)
    rows = [match.groupdict() for match in ROW.finditer(text)]
    if len(rows) != text.count("situation{"):
        raise SystemExit("daemon/problems/problems_table.cpp has a row in a form that this script does not know")
    for row in rows:
        quoted = re.sub(r'"\s*"', "", row["recovery"]).strip('"')
        row["recovery"] = kept if row["recovery"] == "kept" else quoted
    return rows


def as_table(rows: list[dict]) -> str:
    lines = ["| situation | kind | level | recoverable | is over | what the service does | MESSAGE_ID |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        recoverable = "yes" if row["outlook"] == "recoverable" else "**no**"
        lines.append(
            f"| `{row['name']}` | {row['kind']} | {row['level']} | {recoverable} | {LASTING[row['lasting']]} "
            f"| {row['recovery']} | {row['number']} |"
        )
    return "\n".join(lines)


def lines_without_row(root: Path, rows: list[dict]):
    levels = {}
    for row in rows:
        levels.setdefault(row["id"], set()).add(row["level"])
    for name in listed(root):
        if name.startswith(("tests/", "apply/")) or name == "core/log.cpp" or not name.endswith(".cpp"):
            continue
        code = code_of((root / name).read_text())
        for match in LEVEL.finditer(code):
            call = call_around(code, match.start())
            level = re.search(r"level::(\w+)", call).group(1)
            for used in re.findall(r"message_id::(\w+)", call):
                if level not in levels.get(used, ()):
                    where = f"{name}:{line_of(code, match.start())}"
                    yield f"{where}: {used} of level {level} has no row in daemon/problems/problems_table.cpp"


def main() -> int:
    root = Path(sys.argv[1])
    rows = of_code((root / "daemon" / "problems" / "problems_table.cpp").read_text())
    ids = dict(re.findall(r'constexpr char (\w+)\[\] = "([^"]*)"', (root / "core" / "message_ids.hpp").read_text()))
    for row in rows:
        row["number"] = ids[row["id"]]
    table = as_table(rows)
    if sys.argv[2:] == ["--print"]:
        print(table)
        return 0
    wrong = list(lines_without_row(root, rows))
    if table not in (root / "docs" / "problems.md").read_text():
        wrong.append("docs/problems.md: its table is another one; problems.py --print gives it")
    print("\n".join(wrong) if wrong else f"{len(rows)} situations, as documented")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
