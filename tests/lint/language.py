#!/usr/bin/env python3
"""Phrases that the project does not use, because a common term says the same.

usage: language.py ROOT            prints FILE:LINE: what and what to write instead; fails if there is one
       language.py ROOT --count    prints the number of them in each folder

Looked for in code (names, comments, messages), documents, units, interfaces and scripts. CONTRIBUTING.md
has the rules behind it."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

TEXTS = {".cpp", ".hpp", ".md", ".scd", ".toml", ".varlink", ".py", ".txt", ".in", ".catalog", ".yml", ".conf",
         ".cmake", ""}
# Texts of others, inputs of tests, and the list itself.
LEFT_OUT = ("LICENSE", "tests/fuzz/corpus/", "engine/schema/metaschemas/", "tests/lint/language.py", ".clang")

# In names parts are joined by "_", which is no letter here.
START, END = r"(?<![A-Za-z])", r"(?![A-Za-z])"
PHRASES = [
    (r"judg(?:e|es|ed|ing|ement)", "validate, evaluate; policy"),
    (r"weigh(?:s|ed|ing)?", "evaluate"),
    (r"objections?", "rejection, issue"),
    (r"objects? to(?!_)", "rejects"),
    (r"told|tells", "report, notify, return, say which"),
    (r"(?:hold|holds|held|holding)[ _]back", "reject"),
    (r"lets?[ _]in", "accept"),
    (r"ends?[ _]by[ _](?:itself|themselves)", "pending change; expires"),
    (r"in[ _]force", "effective, active"),
    (r"conclu(?:de|des|ded|ding|sion)", "evaluate, decide"),
    (r"standing", "current status"),
    (r"hears?|heard", "collect, receive, see"),
    # "there is none" and "there is no X" are common English.
    (r"(?<!there )(?<!There )(?:is|are) none", "is not a valid ..., does not exist"),
    (r"(?<!there )(?<!There )is no (?!longer|more|less|other|different|better|later|earlier)[a-z]+",
     "is not a valid ..., is not ..."),
    (r"what is no", "what is not"),
    (r"untold", "needs resync, not reported"),
]
# In what decides about configuration; the formats have drafts of documents, JSON Schema has drafts by number.
ONLY_IN = [
    (r"drafts?(?! ?[0-9-])", "candidate", re.compile(r"(?:engine/(?!schema/)|store/|daemon/)")),
]
RULES = [(re.compile(START + f"(?:{phrase})" + END), instead, None) for phrase, instead in PHRASES]
RULES += [(re.compile(START + f"(?:{phrase})" + END), instead, where) for phrase, instead, where in ONLY_IN]


def files_of(root: Path) -> list[str]:
    if (root / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files"]
        names = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith(("build/", "trial/"))]
    return [name for name in names
            if Path(name).suffix in TEXTS and not name.startswith(LEFT_OUT) and (root / name).is_file()]


def complaints(name: str, text: str):
    for pattern, instead, where in RULES:
        if where is not None and not where.match(name):
            continue
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: '{match.group()}': write: {instead}"


def folder_of(name: str) -> str:
    parts = name.split("/")
    if parts[0] == "tests" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def main() -> int:
    root = Path(sys.argv[1])
    names = files_of(root)
    found = [line for name in names for line in complaints(name, (root / name).read_text(errors="replace"))]
    if "--count" in sys.argv:
        counts = Counter(folder_of(line.split(":")[0]) for line in found)
        for folder, count in sorted(counts.items()):
            print(f"{count:5} {folder}")
        print(f"{len(found):5} in all")
        return 0
    print("\n".join(found) if found else f"{len(names)} files, nothing found")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
