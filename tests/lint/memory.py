#!/usr/bin/env python3
"""MemoryHigh= and MemoryMax= of the unit are not below the sum of the limits, and LimitNOFILE= allows every
connection and the reserve.

usage: memory.py ROOT
The sum is that of memory_bound() in core/limits.cpp, with the defaults of core/limits.inc."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from limits import LIMIT, number  # noqa: E402

SIZES = {"K": 1024, "M": 1024**2, "G": 1024**3}


def bound(source: str, values: dict[str, int]) -> int:
    """The sum in the body of memory_bound(): terms "[NUMBER *] bounds.NAME" or "limits::NAME"."""
    body = re.search(r"memory_bound\(limits const& bounds\) \{\s*return ([^;]+);", source)
    if not body:
        raise SystemExit("core/limits.cpp has no memory_bound() in the known form")
    total = 0
    for term in body.group(1).split("+"):
        match = re.fullmatch(r"\s*(?:(\d+) \* )?(?:bounds\.|limits::)(\w+)\s*", term)
        if not match:
            raise SystemExit(f"memory_bound() has a term that this script does not know: {term.strip()}")
        total += int(match.group(1) or 1) * values[match.group(2)]
    return total


def size_of(unit: str, name: str) -> int:
    value, suffix = re.search(rf"^{name}=(\d+)([KMG]?)$", unit, re.MULTILINE).groups()
    return int(value) * SIZES.get(suffix, 1)


def complaints(source: str, values: dict[str, int], unit: str) -> list[str]:
    """What is wrong. `source`: core/limits.cpp, `values`: the limits by name."""
    least = bound(source, values)
    wrong = []
    high, most = size_of(unit, "MemoryHigh"), size_of(unit, "MemoryMax")
    if high < least:
        wrong.append(f"MemoryHigh={high} is below the sum of the limits, {least}")
    if most < high:
        wrong.append(f"MemoryMax={most} is below MemoryHigh={high}")
    descriptors = values["connections"] + values["reserved_descriptors"]
    if size_of(unit, "LimitNOFILE") < descriptors:
        wrong.append(f"LimitNOFILE= is below connections and reserved_descriptors, {descriptors}")
    return wrong


def main() -> int:
    root = Path(sys.argv[1])
    values = {
        one["name"]: number(one["value"]) for one in LIMIT.finditer((root / "core" / "limits.inc").read_text())
    }
    source = (root / "core" / "limits.cpp").read_text()
    unit = (root / "systemd" / "cfgd.service.in").read_text()
    wrong = complaints(source, values, unit)
    print("\n".join(wrong) or f"the limits sum up to {bound(source, values) >> 20} MiB, the unit allows it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
