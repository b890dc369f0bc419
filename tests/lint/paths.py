#!/usr/bin/env python3
"""Paths and tests that documents name exist.

usage: paths.py ROOT
Looks at README.md, CONTRIBUTING.md and the pages of docs/. A path is
`folder/...` in backquotes or the target of a link; in docs/source.md also the folders of the map. A test is
`folder/suite` in the table of docs/promises.md. Prints FILE:LINE: what for each that does not exist."""

import re
import sys
from pathlib import Path

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
QUOTED = re.compile(r"`([a-z_]+/[\w./{},*-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
# core/       types ...
MAP = re.compile(r"^((?:[a-z]+/(?: +|,))+) *\S")
SUITE = re.compile(r"`([a-z]+/[a-z0-9_*]+)`")
# Made by a build or by the user.
NOT_KEPT = ("build/", "trial/")


def expand(name: str) -> list[str]:
    """a/{b,c}.hpp -> a/b.hpp, a/c.hpp"""
    braces = re.search(r"\{([^}]*)\}", name)
    if not braces:
        return [name]
    return [one for part in braces[1].split(",")
            for one in expand(name[: braces.start()] + part + name[braces.end() :])]


def test_exists(root: Path, name: str) -> bool:
    folder, suite = name.split("/", 1)
    if folder == "lint":
        text = (root / "tests/lint/CMakeLists.txt").read_text()
        return re.search(rf"cfgd_lint\({re.escape(suite)}\b", text) is not None
    return any((root / "tests" / folder).glob(suite + "_test.cpp"))


def complaints(root: Path, document: str, folders: set[str]):
    in_map = False
    for number, line in enumerate((root / document).read_text().splitlines(), 1):
        where = f"{document}:{number}"
        if line.startswith("```"):
            in_map = not in_map
        if document == "docs/promises.md" and line.startswith("| ") and line.count("|") == 3:
            names = SUITE.findall(line.rsplit("|", 2)[1])
            yield from (f"{where}: test {name}" for name in names if not test_exists(root, name))
        named = [path for match in QUOTED.findall(line) for path in expand(match)]
        if document == "docs/source.md" and in_map and (match := MAP.match(line)):
            named += match[1].replace(",", " ").split()
        # Only what begins with a folder of ours is a path; the rest are names of tests or of other systems.
        for path in named:
            is_example = re.search(r"[A-Z]{3}", path.removeprefix("README"))
            if path.split("/")[0] in folders and not path.startswith(NOT_KEPT) and not is_example:
                if not (any(root.glob(path)) or test_exists(root, path)):
                    yield f"{where}: {path}"
        for target in LINK.findall(line):
            if not ((root / document).parent / target).exists():
                yield f"{where}: {target}"


def main() -> int:
    root = Path(sys.argv[1])
    folders = {path.name for path in root.iterdir() if path.is_dir()} | {"store", "engine", "client"}
    documents = DOCUMENTS + sorted(str(path.relative_to(root)) for path in (root / "docs").rglob("*.md")
                                   if path.name != "guard.md")  # it names cases of tests
    missing = [document for document in documents if not (root / document).is_file()]
    found = [f"{document}: not there" for document in missing]
    for document in documents:
        if document not in missing:
            found += [f"{line} does not exist" for line in complaints(root, document, folders)]
    print("\n".join(found) if found else f"{len(documents)} documents, every path exists")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
