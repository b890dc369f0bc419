"""Completion at work: bash, zsh and fish on a terminal of their own, with the real service.

usage: completion_test.py PROGRAMS_FOLDER
A shell that is not installed is left out, with a message."""

import os
import pty
import re
import select
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

import documents

LIMIT = 30.0
SCRIPTS = documents.ROOT / "cfgctl/completion/shells"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])|[\r\x07\x0f]")
# How a shell is started, without the files of the user.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"source {SCRIPTS}/cfgctl.bash; PS1='ready> '"),
    "zsh": (["zsh", "-f", "-i"], f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -D; "
                                 "unsetopt PROMPT_SP; PS1='ready> '"),
    "fish": (["fish", "--no-config", "-i"],
             f"source {SCRIPTS}/cfgctl.fish; function fish_prompt; echo 'ready> '; end; "
             "function fish_right_prompt; end"),
}


class Terminal:
    """A shell on a pseudo terminal; what it prints, without escape sequences."""

    def __init__(self, command, environment, directory):
        self.out = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, environment)

    def type(self, text):
        self.out = ""
        os.write(self.fd, text.encode())

    def wait_for(self, *texts):
        end = time.monotonic() + LIMIT
        while not all(text in ESCAPES.sub("", self.out) for text in texts):
            if not select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"not all of {texts} in {ESCAPES.sub('', self.out)!r}")
            self.out += os.read(self.fd, 65536).decode(errors="replace")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Completion(unittest.TestCase):
    shell = ""

    @classmethod
    def setUpClass(cls):
        if shutil.which(cls.shell) is None:
            raise unittest.SkipTest(f"{cls.shell} is not installed (tools/bootstrap --tests)")
        cls.trial = documents.Trial(documents.program_paths(PROGRAMS))
        cls.addClassCleanup(cls.trial.end)

    def setUp(self):
        command, begin = SHELLS[self.shell]
        environment = self.trial.environment | {"HOME": str(self.trial.directory), "TERM": "xterm",
                                                "COLUMNS": "100", "LINES": "40"}
        self.terminal = Terminal(command, environment, self.trial.directory)
        self.addCleanup(self.terminal.close)
        self.terminal.type(begin + "\n")
        self.terminal.wait_for("ready> ")
        # The prompt in the line that was typed is not the prompt.
        self.run_line("echo be''gun", "begun")

    def run_line(self, line, *shown):
        self.terminal.type(line + "\n")
        self.terminal.wait_for(*shown)

    def complete(self, typed, becomes):
        """The key completes what is typed to `becomes`."""
        self.terminal.type(typed + "\t")
        self.terminal.wait_for(becomes)

    def test_commands_options_and_their_values(self):
        self.complete("cfgctl expl", "cfgctl explain ")
        self.terminal.type("\x15")  # the line is empty again
        self.complete("cfgctl get --def", "cfgctl get --default ")
        self.terminal.type("\x15")
        self.complete("cfgctl get -o ya", "cfgctl get -o yaml ")

    def test_keys_of_the_service(self):
        self.complete("cfgctl get we", "cfgctl get web.")
        self.complete("wor", "workers ")
        self.run_line("", "\n2\n")

    def test_values_of_the_schema(self):
        self.complete("cfgctl set time.st", "time.step=")
        self.complete("nev", "never")
        self.run_line("", 'time.step: "at-start" -> "never"')
        self.complete("cfgctl set web.maint", "web.maintenance=")
        self.complete("f", "false")

    def test_several_are_listed(self):
        self.terminal.type("cfgctl ex\t\t")
        self.terminal.wait_for("exec", "explain", "export")

    def test_targets_revisions_and_checks(self):
        self.complete("cfgctl render ngi", "cfgctl render nginx ")
        self.terminal.type("\x15")
        self.complete("cfgctl health integ", "cfgctl health integrity ")

    def test_files(self):
        self.complete("cfgctl apply tri", "cfgctl apply trial/")

    def test_silence_without_the_service(self):
        self.trial.daemon.kill()
        self.addCleanup(self.trial.daemon.start)
        self.terminal.type("cfgctl get we\t")
        self.run_line("b 2>/dev/null || echo no''thing", "nothing")
        self.assertNotIn("cannot connect", self.terminal.out)


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for name in SHELLS:
        suite.addTests(loader.loadTestsFromTestCase(type(name.capitalize(), (Completion,), {"shell": name})))
    return suite


if __name__ == "__main__":
    PROGRAMS = sys.argv.pop(1)
    unittest.main()
