#!/usr/bin/env python3
"""The table of methods, the interfaces and the table of docs/protocol.md name the same methods with the same rights;
cfgd-varlink(7) names each.

usage: methods.py ROOT
Rows are {"INTERFACE.METHOD", right::NAME, ...} in daemon/methods/method_table.cpp; methods are declared in
ipc/interfaces/*.varlink; the table of docs/protocol.md has a row "| interface | methods | right | ... |", where "Config"
stands for io.cfgd.Config. org.varlink.service is the server's own: it has no rows. No other file of the daemon
decides about a right."""

import re
import sys
from pathlib import Path

RIGHTS = {"none", "read", "write", "rollback", "admin"}
ROW = re.compile(r'\{\s*"([A-Za-z0-9_.]+)",\s*right::(\w+),')
# What only the dispatcher, access.* and what filters replies may ask.
CHECK = re.compile(r"\b(?:policy_?|access_?)\s*(?:\.|->)\s*allows\s*\(")
MAY_CHECK = {"daemon/access.cpp", "daemon/access.hpp", "daemon/methods/dispatcher.cpp", "daemon/visible.cpp"}


def rows_of(table: str) -> list[tuple[str, str]]:
    return ROW.findall(table)


def methods_of(interface: str) -> set[str]:
    name = re.search(r"^interface (\S+)", interface, re.MULTILINE).group(1)
    if name == "org.varlink.service":
        return set()
    return {f"{name}.{method}" for method in re.findall(r"^method (\w+)", interface, re.MULTILINE)}


def described_in(text: str) -> dict[str, str]:
    named = {}
    _, _, table = text.partition("| interface | methods | right | |\n")
    for line in table.split("\n\n", 1)[0].splitlines()[1:]:
        interface, methods, needed = (cell.strip() for cell in line.split("|")[1:4])
        prefix = interface if "." in interface else f"io.cfgd.{interface}"
        for method in methods.split(","):
            named[f"{prefix}.{method.strip()}"] = needed
    return named


def differences(table: str, interfaces: list[str], page: str):
    rows = rows_of(table)
    needs = dict(rows)
    declared = set().union(*(methods_of(one) for one in interfaces))
    described = described_in(page)
    for name, needed in rows:
        if needed not in RIGHTS:
            yield f"{name}: right::{needed} is not a right that a method can need"
        if name not in declared:
            yield f"{name}: has a row, and no interface declares it"
        if [other for other, _ in rows].count(name) > 1:
            yield f"{name}: has two rows"
    for name in sorted(declared - needs.keys()):
        yield f"{name}: is declared, and has no row in the table of methods"
    for name in sorted(needs.keys() | described.keys()):
        if needs.get(name) != described.get(name):
            yield f"{name}: needs {needs.get(name)} by its row, {described.get(name)} by docs/protocol.md"


def complaints(name: str, text: str):
    """Checks of a right outside of the dispatcher."""
    if not name.startswith("daemon/") or name in MAY_CHECK:
        return
    for match in CHECK.finditer(text):
        yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: only the dispatcher checks rights"


def main() -> int:
    root = Path(sys.argv[1])
    table = (root / "daemon" / "methods" / "method_table.cpp").read_text()
    interfaces = [path.read_text() for path in sorted((root / "ipc" / "interfaces").glob("*.varlink"))]
    wrong = list(differences(table, interfaces, (root / "docs/protocol.md").read_text()))
    manual = (root / "docs/cfgd-varlink.7.scd").read_text()
    wrong += [f"{name}: is not in cfgd-varlink(7)" for name, _ in rows_of(table)
              if f"*{name.rsplit('.', 1)[1]}*" not in manual]
    for path in sorted((root / "daemon").rglob("*.[ch]pp")):
        wrong += complaints(path.relative_to(root).as_posix(), path.read_text())
    count = len(rows_of(table))
    print("\n".join(wrong) if wrong else f"{count} methods, each with its right")
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
