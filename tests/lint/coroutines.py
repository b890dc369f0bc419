#!/usr/bin/env python3
"""Awaiting expressions that g++ 12.2 compiles to a double destruction or a use after free.

usage: coroutines.py ROOT BUILD          every file of BUILD/compile_commands.json that awaits
       coroutines.py ROOT --self-test    the samples beside this script
Prints FILE:LINE: why for each, and fails if there is one.

The compiler destroys some temporaries of an expression that holds co_await twice, or too early: braced
aggregates, lambdas that capture, the operands of ?:, defaulted arguments. Named variables, results of
functions and classes with constructors are safe. clang's syntax tree shows the temporaries that the
source does not, so clang-query looks for them. See CONTRIBUTING.md, common mistakes.

What was found clean is remembered in BUILD by a hash of all that the answer depends on, and not looked at
again."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import code_of, listed

FOLDERS = "core|engine|store|watchers|ipc|daemon|client|cfgctl|exporter|tests"
# In files of ours: the main file, or a header of ours that it includes.
MATCHER = """match coawaitExpr(
    anyOf(isExpansionInMainFile(), isExpansionInFileMatching("^%s/(%s)/")),
    hasDescendant(expr(anyOf(initListExpr(), lambdaExpr(hasAnyCapture(lambdaCapture())),
                             conditionalOperator(), cxxDefaultArgExpr()))))"""
WHY = "awaits with a temporary aggregate, capturing lambda, ?: or defaulted argument in it: name it first"

PLACE = re.compile(r'^(/[^:\n]+):(\d+):\d+: note: "root" binds here$', re.MULTILINE)
INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


def places(output: str) -> list[tuple[str, int]]:
    """Files and lines of the matches. One for each statement: a template matches once per instance."""
    return sorted({(path, int(line)) for path, line in PLACE.findall(output)})


def clang_query(root: Path, file: Path, arguments: list[str]) -> list[tuple[str, int]]:
    """Throws if the file could not be parsed: no answer is not a good answer."""
    matcher = " ".join((MATCHER % (re.escape(str(root)), FOLDERS)).split())
    command = ["clang-query-14", "-c", matcher, str(file), *arguments]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    broken = ran.returncode != 0 or re.search(r"(?:^|: )(?:fatal )?error: ", ran.stderr, re.MULTILINE)
    if broken or not re.search(r"^\d+ match(?:es)?\.$", ran.stdout, re.MULTILINE):
        raise RuntimeError(f"{file}: clang-query-14 failed\n{ran.stdout}{ran.stderr}")
    return places(ran.stdout)


def compile_flags(entry: dict) -> list[str]:
    """Of a compilation, what the parser needs; warnings, sanitizers and outputs are not its business."""
    words = entry.get("arguments") or shlex.split(entry["command"])
    kept = ["-w"]
    takes_next = ("-I", "-D", "-U", "-isystem", "-include", "-iquote")
    index = 0
    while index < len(words):
        word = words[index]
        if word in takes_next:
            kept += words[index : index + 2]
            index += 1
        elif word.startswith(("-I", "-D", "-U", "-isystem", "-std=")):
            kept.append(word)
        index += 1
    return kept


def fingerprint(root: Path, file: Path, flags: list[str]) -> str:
    """A hash of the file, of our headers that it includes, of the flags and of this script."""
    digest = hashlib.sha256("\0".join(flags).encode())
    digest.update(Path(__file__).read_bytes())
    waiting, seen = [file], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        text = path.read_text()
        digest.update(f"\0{path}\0{text}".encode())
        waiting += [root / name for name in INCLUDED.findall(text)]
    return digest.hexdigest()


def look(root: Path, build: Path, entry: dict) -> str:
    file = Path(entry["directory"], entry["file"]).resolve()
    flags = compile_flags(entry)
    clean = build / "lint" / "coroutines" / fingerprint(root, file, flags)
    if clean.exists():
        return ""
    try:
        found = clang_query(root, file, ["--", *flags])
    except RuntimeError as failure:
        return str(failure)
    if not found:
        clean.parent.mkdir(parents=True, exist_ok=True)
        clean.touch()
    return "\n".join(f"{os.path.relpath(path, root)}:{line}: {WHY}" for path, line in found)


def check(root: Path, build: Path) -> int:
    ours = {str(root / name) for name in listed(root)}
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        samples = root / "tests" / "lint" / "coroutines"
        if str(path) in ours and samples not in path.parents and path.is_file():
            if "co_await" in code_of(path.read_text()):
                entries[str(path)] = entry
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = list(pool.map(lambda entry: look(root, build, entry), entries.values()))
    found = [answer for answer in answers if answer]
    print("\n".join(found) if found else f"{len(entries)} files that await, nothing found")
    return 1 if found else 0


def self_test(root: Path) -> int:
    """The lines that are found in broken.cpp are those marked "// found"; in safe.cpp, none."""
    wrong = 0
    for name in ("broken.cpp", "safe.cpp"):
        sample = root / "tests" / "lint" / "coroutines" / name
        marked = {n for n, line in enumerate(sample.read_text().splitlines(), 1) if "// found" in line}
        found = {line for _, line in clang_query(root, sample, ["--", f"-I{root}", "-std=c++20", "-w"])}
        for line in sorted(marked ^ found):
            print(f"{sample}:{line}: {'not found' if line in marked else 'found'}")
        wrong += len(marked ^ found) + (name == "broken.cpp" and not marked)
        print(f"{name}: {len(marked)} broken forms, {len(marked & found)} found")
    return 1 if wrong else 0


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    if sys.argv[2] == "--self-test":
        return self_test(root)
    return check(root, Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    sys.exit(main())
