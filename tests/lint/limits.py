#!/usr/bin/env python3
"""The README's table of limits, and what `cfgctl limits` prints, say what core/limits.hpp says.

usage: limits.py ROOT           compares the rows "| `name` | value | ..." of README.md
       limits.py ROOT --print   prints the table as it has to be"""

import re
import sys
from pathlib import Path

FIELD = re.compile(
    r"^  (?:static constexpr )?(?P<type>std::size_t|std::uint\d+_t|std::chrono::\w+) (?P<name>\w+)"
    r"(?: = (?P<value>[^;{]+)|\{(?P<braced>[^}]*)\});(?: *///< (?P<comment>.+))?$",
    re.MULTILINE,
)
# Any member with a value, so that one that FIELD does not understand is not passed over.
MEMBER = re.compile(r"^  [^/\n(]*(?:= [^;(]+|\{[^}]*\});", re.MULTILINE)
ROW = re.compile(r"^\| *`(?P<name>\w+)` *\| *(?P<value>[^|]+?) *\|", re.MULTILINE)
# A row of cfgctl's list: {"file_bytes", from.file_bytes, "one file"}
LISTED = re.compile(r'\{"(\w+)",\s*(?:from\.|limits::)(\w+),\s*"[^"]+"\}')
UNITS = {"milliseconds": "ms", "seconds": "s", "minutes": "min", "hours": "h"}


def number(expression: str) -> int:
    product = 1
    for factor in expression.replace("'", "").split("*"):
        product *= int(factor)
    return product


def as_text(kind: str, name: str, value: int) -> str:
    unit = UNITS.get(kind.rsplit(":", 1)[-1])
    if unit == "ms" and value % 1000 == 0:
        value, unit = value // 1000, "s"
    if unit:
        return f"{value} {unit}"
    if name.endswith("_bytes"):
        for size, unit in ((1024 * 1024, "MiB"), (1024, "KiB")):
            if value >= size and value % size == 0:
                return f"{value // size} {unit}"
        return f"{value} bytes"
    return f"{value:,}"


def of_header(text: str) -> dict[str, tuple[str, str]]:
    fields = {}
    for match in FIELD.finditer(text):
        kind, name = match["type"], match["name"]
        value = number(match["value"] or match["braced"])
        fields[name] = (as_text(kind, name, value), match["comment"] or "")
    if len(fields) != len(MEMBER.findall(text)):
        raise SystemExit("core/limits.hpp has a member in a form that this script does not know")
    return fields


def of_cfgctl(text: str, fields: list[str]) -> list[str]:
    """What is wrong with cfgctl's list."""
    rows = LISTED.findall(text)
    wrong = [f"cfgctl limits: {name} has the value of {value}" for name, value in rows if name != value]
    names = [name for name, _ in rows]
    wrong += [f"cfgctl limits: no row for {name}" for name in fields if name not in names]
    if not wrong and names != fields:
        wrong.append("cfgctl limits: the rows are not in the order of core/limits.hpp")
    return wrong


def main() -> int:
    root = Path(sys.argv[1])
    fields = of_header((root / "core" / "limits.hpp").read_text())
    if sys.argv[2:] == ["--print"]:
        print("| limit | default | |\n|---|---|---|")
        for name, (value, comment) in fields.items():
            print(f"| `{name}` | {value} | {comment} |")
        return 0
    rows = {row["name"]: row["value"] for row in ROW.finditer((root / "README.md").read_text())}
    wrong = [
        f"{name}: {value} in core/limits.hpp, {rows.get(name, 'no row')} in README.md"
        for name, (value, _) in fields.items()
        if rows.get(name) != value
    ]
    listed = root / "cfgctl" / "commands" / "limits_list.cpp"
    wrong += of_cfgctl(listed.read_text(), list(fields))
    if wrong:
        print("\n".join(wrong), "limits.py --print gives the table", sep="\n")
    else:
        print(f"{len(fields)} limits, as README.md and cfgctl have them")
    return 1 if wrong or not fields else 0


if __name__ == "__main__":
    sys.exit(main())
