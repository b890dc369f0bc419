#!/usr/bin/env python3
"""The default settings file and its man page name the same keys with the same defaults.

usage: settings.py ROOT
docs/cfgd.toml has every key commented out; docs/cfgd.toml.5.scd has a heading for each table and a line
"*key* = default" for each key."""

import re
import sys
import tomllib
from pathlib import Path


def of_file(text: str) -> dict:
    return tables_of(tomllib.loads(re.sub(r"^#(?=[a-z_]+ = )", "", text, flags=re.MULTILINE)))


def tables_of(document: dict, above: str = "") -> dict:
    """Tables by their whole names, "health.store"; members that are not tables."""
    tables = {}
    for name, value in document.items():
        if isinstance(value, dict) and name != "filters":
            tables.update(tables_of(value, f"{above}{name}."))
        else:
            tables.setdefault(above.rstrip("."), {})[name] = value
    return tables


def of_page(text: str) -> dict:
    lines = []
    for line in text.splitlines():
        if match := re.fullmatch(r"## (\[[a-z.]+\])", line):
            lines.append(match.group(1))
        elif match := re.fullmatch(r"\*([a-z_]+)\* = (.+)", line):
            lines.append(f"{match.group(1)} = {match.group(2)}")
    return tables_of(tomllib.loads("\n".join(lines)))


def main() -> int:
    docs = Path(sys.argv[1]) / "docs"
    as_shipped = (docs / "cfgd.toml").read_text()
    in_file, on_page = of_file(as_shipped), of_page((docs / "cfgd.toml.5.scd").read_text())
    wrong = []
    for table in sorted(in_file.keys() | on_page.keys()):
        mine, other = in_file.get(table, {}), on_page.get(table, {})
        for key in sorted(mine.keys() | other.keys()):
            if mine.get(key) != other.get(key):
                wrong.append(f"[{table}] {key}: {mine.get(key)} in cfgd.toml, {other.get(key)} in its page")
    if tables_of(tomllib.loads(as_shipped)):
        wrong.append("cfgd.toml: a key is not commented out")
    count = sum(len(table) for table in in_file.values())
    print("\n".join(wrong) if wrong else f"{count} keys, as documented")
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
