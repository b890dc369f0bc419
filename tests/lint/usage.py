#!/usr/bin/env python3
"""What the catalog, the documents and messages tell people to type or to read exists.

usage: usage.py ROOT PROGRAM...
Tried against the --help of the built programs (cfgctl, cfgd, ...): options behind a program and its command, options
in bold in manual pages and in code in the README and the pages that it begins with, and those in string literals of the programs; and each option is in
bold in the program's manual page. Tried against the tree: manual pages of ours, units, MESSAGE_IDs and paths below docs/. The history in CHANGELOG.md may name what is
gone. Which commands exist is the business of commands.py."""

import re
import subprocess
import sys
from pathlib import Path

from commands import texts
from sources import TOKEN, line_of

OPTION = re.compile(r"(?<![\w-])(?:--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])")
# Names before the two spaces that end them: "  -m,--comment TEXT   ...", "  list, ls   ...".
OPTION_ROW = re.compile(r"^  (-\S+)", re.MULTILINE)
COMMAND_ROW = re.compile(r"^  ([a-z][a-z-]*)(?:, ?[a-z-]+)*(?:  |$)", re.MULTILINE)
# A program and the rest of its line. A path before it may lead to it.
TYPED = re.compile(r"(?P<quote>[`'\"]?)(?:(?<=[\s`'\"(*/])|^)(?P<program>cfg(?:ctl|d(?:-[a-z]+)?))\*?(?P<rest> [^\n]*)",
                   re.MULTILINE)
WORD = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+")
# Programs whose arguments name ours: "systemctl show cfgd -p NAME".
OTHER = re.compile(r"\b(?:systemctl|journalctl|gdb|perf|man|pgrep|pkill|ss|apt)\b[^\n|;`]*$")
# What ends a command line, in a shell, in a sentence or in a table.
END = re.compile(r"[|;&`<>#)]|\. |: |, |-> |\\n|\\\"")
# An option without its program.
QUOTED_OPTION = re.compile(r"`(--[a-z][a-z-]*)")
LONG_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
BOLD_OPTION = re.compile(r"\*(--?[a-zA-Z][a-z-]*)\*")
PAGE = re.compile(r"(?<![\w.-])((?:lib)?cfg[a-z]*(?:[.-][a-z]+)*)\*?\(([1-9])\)")
UNIT = re.compile(r"(?<![\w@/.-])(cfgd[a-z-]*\.(?:service|socket|timer|target|path|slice))\b")
MESSAGE_ID = re.compile(r"(?<![0-9a-f-])([0-9a-f]{32})(?![0-9a-f])")
# Options that the programs give to setpriv(1).
FOREIGN = {"--reuid", "--regid", "--init-groups", "--no-new-privs"}
# Commands that the help of their program does not list.
HIDDEN = {"cfgctl": ["complete"]}
PAGES = ("README.md", "docs/configuration.md", "docs/protocol.md", "docs/limits.md")
DOCUMENT = re.compile(r"(?<![\w/.-])(docs/[\w/.-]*\w)")


class Help:
    """What --help says of a program: the options of each command by its path, "" for the program."""

    def __init__(self):
        self.options: dict[str, set[str]] = {}

    def add(self, path: str, text: str) -> list[str]:
        """Takes in the help of one command; returns the commands below it."""
        options, _, below = text.partition("\nSubcommands:\n")
        self.options[path] = {name for row in OPTION_ROW.findall(options) for name in OPTION.findall(row)}
        return COMMAND_ROW.findall(below.split("\n\n")[0])

    def command(self, words: list[str]) -> str:
        """The path of the command that begins `words`, without options."""
        path = ""
        for word in words:
            longer = f"{path} {word}".strip()
            if longer not in self.options:
                break
            path = longer
        return path

    def accepts(self, path: str, option: str) -> bool:
        parts = path.split()
        return any(option in self.options[" ".join(parts[:end])] for end in range(len(parts) + 1))

    def all_options(self) -> set[str]:
        return set().union(*self.options.values())


def ask(program: str) -> Help:
    out = Help()
    waiting = ["", *HIDDEN.get(Path(program).name, [])]
    while waiting:
        path = waiting.pop()
        command = [program, *path.split(), "--help"]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        waiting += [f"{path} {name}".strip() for name in out.add(path, text)]
    return out


def typed_words(match: re.Match) -> list[str]:
    """The words behind a program, without the marks of a manual page; none if it is not typed but spoken of."""
    rest = match["rest"]
    if match["quote"]:
        rest = rest.split(match["quote"])[0]
    rest = re.sub(r"[*_\[\]]|\\(?=[-_*])", " ", END.split(rest)[0])
    words = WORD.findall(rest)
    # Behind these come words of another program.
    for last in ("--", "--exec"):
        if last in words:
            words = words[: words.index(last)] + ([last] if last != "--" else [])
    return words


def typed(text: str, programs: dict[str, Help]):
    for match in TYPED.finditer(text):
        known = programs.get(match["program"])
        words = typed_words(match)
        line = text[text.rfind("\n", 0, match.start("program")) + 1 : match.start("program")]
        if known is None or not words or OTHER.search(line):
            continue
        # Options before the command may have values: the command is the first word that is one.
        plain = [word for word in words if not word.startswith("-")]
        path = next(filter(None, (known.command(plain[at:]) for at in range(len(plain)))), "")
        for option in (option for word in words if word[0] == "-" for option in OPTION.findall(word.split("=")[0])):
            if not known.accepts(path, option):
                what = f"{match['program']} {path}".strip()
                yield match.start("program"), f"'{what}' has no option {option}"


def options_alone(name: str, text: str):
    """Options that may belong to any of the programs, and where they are."""
    if name.endswith(".scd"):
        yield from ((match.start(), match[1]) for match in BOLD_OPTION.finditer(text))
    if name in PAGES:  # other pages name options of tools/ as well
        yield from ((match.start(), match[1]) for match in QUOTED_OPTION.finditer(text))
    if name.endswith((".cpp", ".hpp")):
        for token in (token for token in TOKEN.finditer(text) if not token[0].startswith("/")):
            for match in LONG_OPTION.finditer(token[0]):
                if not OTHER.search(token[0][: match.start()]):
                    yield token.start(), match[0]


def complaints(name: str, text: str, programs: dict[str, Help], tree: set[str], ids: set[str]):
    """`tree`: the files of the project; `ids`: the MESSAGE_IDs of the header."""
    found = list(typed(text, programs))
    every = set().union(*(one.all_options() for one in programs.values()))
    found += [(at, f"no program has the option {option}") for at, option in options_alone(name, text)
              if option not in every | FOREIGN]
    for match in PAGE.finditer(text):
        if f"docs/{match[1]}.{match[2]}.scd" not in tree:
            found.append((match.start(), f"there is no manual page {match[1]}({match[2]})"))
    for match in UNIT.finditer(text):
        if not {f"systemd/{match[1]}", f"systemd/{match[1]}.in"} & tree:
            found.append((match.start(), f"there is no unit {match[1]}"))
    if name != "core/message_ids.hpp":
        for match in MESSAGE_ID.finditer(text):
            if match[1] not in ids:
                found.append((match.start(), f"{match[1]} is not a MESSAGE_ID"))
    for match in DOCUMENT.finditer(text):
        if not any(path == match[1] or path.startswith(match[1] + "/") for path in tree):
            found.append((match.start(), f"there is no {match[1]}"))
    return [f"{name}:{line_of(text, at)}: {what}" for at, what in sorted(found)]


def undocumented(program: str, known: Help, page: str):
    """The options of a program that are not in bold in its manual page."""
    bold = {match[1] for match in BOLD_OPTION.finditer(page)}
    return [f"{program}: {option} is not in its manual page" for option in sorted(known.all_options() - bold)
            if option != "-h"]


def main() -> int:
    root = Path(sys.argv[1])
    programs = {Path(program).name: ask(program) for program in sys.argv[2:]}
    tree = {path.relative_to(root).as_posix() for folder in ("docs", "systemd")
            for path in (root / folder).rglob("*") if path.is_file()}
    ids = set(MESSAGE_ID.findall((root / "core/message_ids.hpp").read_text()))
    wrong = [line for name in texts(root)
             for line in complaints(name, (root / name).read_text(), programs, tree, ids)]
    for program, known in programs.items():
        for page in (root / "docs").glob(f"{program}.[1-8].scd"):
            wrong += undocumented(program, known, page.read_text())
    count = sum(len(one.options) for one in programs.values())
    print("\n".join(wrong) if wrong else f"{count} commands, what is said of them exists")
    return 1 if wrong or not programs or not ids else 0


if __name__ == "__main__":
    sys.exit(main())
