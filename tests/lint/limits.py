#!/usr/bin/env python3
"""The table of docs/limits.md says what core/limits.inc says.

usage: limits.py ROOT           compares the rows "| `name` | value | description |" of docs/limits.md
       limits.py ROOT --print   prints the table as it has to be"""

import re
import sys
from pathlib import Path

LIMIT = re.compile(
    r"^CFGD_(?:LIMIT|LIMIT_WITH_SETTING|FIXED_LIMIT)\((?P<type>[\w:]+), (?P<name>\w+), (?P<value>[^,]+), "
    r'"(?P<description>[^"]+)"(?:, .+)?\)$',
    re.MULTILINE,
)
ROW = re.compile(r"^\| *`(?P<name>\w+)` *\| *(?P<value>[^|]+?) *\| *(?P<description>[^|]*?) *\|$", re.MULTILINE)
UNITS = {"milliseconds": "ms", "seconds": "s", "minutes": "min", "hours": "h"}
SIZES = {"kib": 1024, "mib": 1024**2, "gib": 1024**3}


def number(expression: str) -> int:
    product = 1
    for factor in expression.replace("'", "").split("*"):
        product *= SIZES.get(factor.strip()) or int(factor)
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


def described(text: str) -> dict[str, tuple[str, str]]:
    limits = {
        one["name"]: (as_text(one["type"], one["name"], number(one["value"])), one["description"])
        for one in LIMIT.finditer(text)
    }
    # So that a line that LIMIT does not match is not passed over.
    if len(limits) != len(re.findall(r"^CFGD_", text, re.MULTILINE)):
        raise SystemExit("core/limits.inc has a line in a form that this script does not know")
    return limits


def main() -> int:
    root = Path(sys.argv[1])
    limits = described((root / "core" / "limits.inc").read_text())
    if sys.argv[2:] == ["--print"]:
        print("| limit | default | of |\n|---|---|---|")
        for name, (value, description) in limits.items():
            print(f"| `{name}` | {value} | {description} |")
        return 0
    rows = {row["name"]: (row["value"], row["description"]) for row in ROW.finditer((root / "docs/limits.md").read_text())}
    wrong = [
        f"{name}: {limit} in core/limits.inc, {rows.get(name, 'no row')} in docs/limits.md"
        for name, limit in limits.items()
        if rows.get(name) != limit
    ]
    if wrong:
        print("\n".join(wrong), "limits.py --print gives the table", sep="\n")
    else:
        print(f"{len(limits)} limits, as docs/limits.md has them")
    return 1 if wrong or not limits else 0


if __name__ == "__main__":
    sys.exit(main())
