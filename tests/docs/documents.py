"""Runs the commands of a document, and compares what they print with what the document shows.

Commands are in blocks that begin with ```console. A command is a line "$ COMMAND", with the lines of its here-document
or behind a backslash; the lines below it, up to the next command, are its output: standard output and standard error
in the order in which they come. All blocks of a document run in one shell, in a directory of their own, with cfgd in
./trial as tools/run starts it; `cfgctl` is what `tools/run cfgctl` is.

What may differ is in TOLERANCES; "..." as a line stands for any lines. `--write` puts what is printed into the
documents."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

from service import Daemon  # noqa: E402

LIMIT = 120.0

# Name, what it is, and what stands for it in both texts.
TOLERANCES = [
    ("time", re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    ("time of day", re.compile(r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"), "TIME"),
    ("process", re.compile(r"\bpid \d+"), "pid N"),
    ("user", re.compile(r"\buid \d+ \([\w.-]+\)"), "uid N"),
    ("duration", re.compile(r"\b\d+(?:\.\d+)? ?(?:us|µs|ms|s|min)\b"), "TIME"),
    ("identifier", re.compile(r"\b[0-9a-f]{16}(?:[0-9a-f]{16})?\b"), "ID"),
    ("size of a file", re.compile(r"\b\d+(?= +(?:inotify|poll)\b)"), "N"),
    # Paths are as long as the directory in which somebody works.
    ("width of columns", re.compile(r" {2,}"), " "),
    ("end of a line", re.compile(r"[ \t]+$", re.MULTILINE), ""),
]


@dataclass
class Command:
    line: int  # of the document
    text: str
    shown: list[str] = field(default_factory=list)
    info: str = "console"
    out: str = ""


def commands_of(text: str) -> list[Command]:
    found: list[Command] = []
    info, fence, until = None, False, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fence = not fence
            info = line[3:].strip() if fence else None
            until = None
        elif info is None or not info.startswith("console"):
            continue
        elif until is not None:  # the rest of a command
            found[-1].text += "\n" + line
            if until == "\\":
                until = "\\" if line.endswith("\\") else None
            elif line == until:
                until = None
        elif line.startswith("$ "):
            found.append(Command(number, line[2:], info=info))
            here = re.search(r"<<-?\s*'?(\w+)'?", line)
            until = here[1] if here else "\\" if line.endswith("\\") else None
        elif found:
            found[-1].shown.append(line)
    return found


def normal(text: str) -> list[str]:
    for _, pattern, instead in TOLERANCES:
        text = pattern.sub(instead, text)
    return text.strip("\n").split("\n")


def agree(shown: list[str], out: list[str]) -> bool:
    if not shown:
        return not out
    if shown[0] == "...":
        return any(agree(shown[1:], out[at:]) for at in range(len(out) + 1))
    return bool(out) and shown[0] == out[0] and agree(shown[1:], out[1:])


def shortened(text: str, prefix: str) -> str:
    """Without the directory in paths, and without the blanks that it costs in the header of a table."""
    if prefix not in text:
        return text
    padding = re.compile(" {%d,}" % (len(prefix) + 1))
    return "".join(line.replace(prefix, "") if prefix in line else
                   padding.sub(lambda run: run[0][len(prefix):], line, count=1)
                   for line in text.splitlines(keepends=True))


class Trial:
    """A directory with ./trial, and the service in it."""

    def __init__(self, programs: dict[str, str]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="cfgd-docs-")).resolve()
        # cfgd refuses files that others can write.
        os.chmod(self.directory, 0o755)
        root = self.directory / "trial"
        for part in ("namespaces", "schemas", "rules", "targets"):
            shutil.copytree(ROOT / "docs/example" / part, root / "etc" / part)
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        tools = self.directory / "tools"
        tools.mkdir()
        for name in ("cfgctl", "cfgd-apply"):
            script = tools / name
            script.write_text(f'#!/bin/sh\nexec "{programs[name]}" --root "{root}" "$@"\n')
            script.chmod(0o755)
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("CFGD_")}
        self.environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                             "PYTHONPATH": str(ROOT / "python"), "CFGD_SOCKET": str(root / "run/io.cfgd")}
        os.environ["CFGD_PROGRAM"] = programs["cfgd"]
        self.daemon = Daemon(root)
        self.daemon.start()

    def run(self, commands: list[Command]) -> None:
        """Fills in `out` of each."""
        script = []
        for at, command in enumerate(commands):
            script.append(f"{{\n{command.text}\n}} >out.{at} 2>&1 </dev/null")
        shell = subprocess.Popen(["bash", "-c", "\n".join(script)], cwd=self.directory, env=self.environment,
                                 start_new_session=True)
        try:
            shell.wait(LIMIT)
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for at, command in enumerate(commands):
            out = self.directory / f"out.{at}"
            command.out = shortened(out.read_text(), f"{self.directory}/") if out.exists() else "(not run)\n"

    def end(self) -> None:
        self.daemon.kill()
        shutil.rmtree(self.directory)


def run_document(text: str, programs: dict[str, str]) -> list[Command]:
    commands = commands_of(text)
    trial = Trial(programs)
    try:
        trial.run(commands)
    finally:
        trial.end()
    return commands


def differences(name: str, commands: list[Command]) -> list[str]:
    wrong = []
    for command in commands:
        shown, out = normal("\n".join(command.shown)), normal(command.out)
        if not agree(shown, out):
            wrong += [f"{name}:{command.line}: $ {command.text}", "shown:", *("  " + line for line in command.shown),
                      "printed:", *("  " + line for line in command.out.splitlines())]
    return wrong


def rewritten(text: str, commands: list[Command]) -> str:
    """The document with what was printed; where "..." is shown it stays as it is."""
    lines = text.splitlines()
    for command in reversed(commands):
        begin = command.line + command.text.count("\n")
        if "..." not in command.shown:
            blank = [""] if command.shown and not command.shown[-1] else []
            out = command.out.rstrip("\n").splitlines() + blank
            lines[begin : begin + len(command.shown)] = out
    return "\n".join(lines) + "\n"


def program_paths(folder: str) -> dict[str, str]:
    return {name: str(Path(folder).resolve() / name) for name in ("cfgd", "cfgctl", "cfgd-apply")}


def main() -> int:
    """usage: documents.py PROGRAMS_FOLDER [--write] DOCUMENT..."""
    programs = program_paths(sys.argv[1])
    wrong, count = [], 0
    for name in (name for name in sys.argv[2:] if name != "--write"):
        text = (ROOT / name).read_text()
        commands = run_document(text, programs)
        if "--write" in sys.argv:
            (ROOT / name).write_text(rewritten(text, commands))
            continue
        count += len(commands)
        wrong += differences(name, commands)
        if not commands:
            wrong.append(f"{name}: no commands")
    print("\n".join(wrong) if wrong else f"{count} commands print what the documents show")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
