"""The example programs of C, C++ and Python, made with what is installed, with the real daemon.

$CFGD_EXAMPLES has the programs, $CFGD_INSTALLED is where the library is."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[3] / "tests" / "python"))

from service import LIMIT, ServiceTest  # noqa: E402

PROGRAMS = Path(os.environ["CFGD_EXAMPLES"])
INSTALLED = Path(os.environ["CFGD_INSTALLED"])


class Examples(ServiceTest):
    def start(self, *command):
        environment = {**os.environ, "CFGD_SOCKET": self.daemon.socket,
                       "PYTHONPATH": str(INSTALLED / "lib/python3/dist-packages")}
        process = subprocess.Popen([str(part) for part in command], env=environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, LIMIT)
        self.addCleanup(process.kill)
        return process

    def lines_until(self, process, text):
        """The lines up to the one with `text`; the end of the program fails."""
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if text in line:
                return lines
        self.fail(f"no line with {text}, but {lines} and {process.stderr.read()}")

    def test_settings_in_c_are_read_and_changed(self):
        for name in ("settings", "settings_found"):
            before = self.client.status().revision
            self.client.set({"site.timeout": "1min 30s", "site.title": "Books"})
            process = self.start(PROGRAMS / name)
            out, errors = process.communicate(timeout=LIMIT)
            self.assertEqual(errors, "")
            self.assertEqual(out, f"Books, port 80, timeout 90000000 us\nrevision {before + 2}\n")
            self.assertEqual(self.client.log(limit=1).changes[0].comment, "campaign")

    def test_functions_of_c_say_what_is_missing(self):
        process = self.start(PROGRAMS / "nothing")
        _, errors = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, errors), (0, ""))

    def test_settings_in_c_say_why_they_cannot(self):
        self.daemon.kill()
        process = self.start(PROGRAMS / "settings")
        _, errors = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(errors, "cannot connect to '.*is cfgd running")

    def test_watches_follow_and_acknowledge(self):
        for command in ((PROGRAMS / "follow",),
                        (sys.executable, "-B", HERE.parents[3] / "docs/example/programs/follow.py")):
            process = self.start(*command)
            self.lines_until(process, "site.title = ")
            revision = self.client.set({"site.port": 8080}).revision
            self.assertRegex(self.lines_until(process, "site.port = 8080")[-1], f"^{revision}: ")
            self.assertTrue(self.client.wait_applied(revision, ["follow"], time=20).applied)
            process.kill()
            process.wait(LIMIT)
            self.client.set(unset=["site.port"])

    def test_copies_follow(self):
        for name in ("live", "bound"):
            process = self.start(PROGRAMS / name)
            self.lines_until(process, "Books, port 80")
            self.client["site.port"] = 8080
            self.lines_until(process, "Books, port 8080")
            del self.client["site.port"]


class SharedLibrary(unittest.TestCase):
    def library(self):
        (found,) = INSTALLED.glob("lib*/**/libcfgd.so.0")
        return found

    def test_has_a_name_with_its_version(self):
        text = subprocess.run(["readelf", "-d", self.library()], check=True, capture_output=True,
                              text=True).stdout
        self.assertIn("Library soname: [libcfgd.so.0]", text)

    def test_exports_the_two_interfaces_and_nothing_else(self):
        text = subprocess.run(["nm", "-DC", "--defined-only", self.library()], check=True,
                              capture_output=True, text=True).stdout
        names = [line.split(" ", 2)[2] for line in text.splitlines() if len(line.split(" ", 2)) == 3]
        names = [re.sub("@.*", "", name) for name in names]
        header = re.sub(r"/\*.*?\*/", "", (INSTALLED / "include/cfgd.h").read_text(), flags=re.DOTALL)
        declared = set(re.findall(r"\b(cfgd_\w+)\(", header))
        self.assertGreater(len(declared), 60)
        self.assertEqual({name for name in names if re.fullmatch(r"cfgd_[a-z]\w*", name)}, declared)
        others = [name for name in names if name not in declared
                  and not re.search(r"^([\w ]+ for )?cfgd::client::(?!detail)", name)
                  and name not in ("CFGD_0",)]
        self.assertEqual(others, [])
        self.assertTrue(any("connection::connect(" in name for name in names))


if __name__ == "__main__":
    unittest.main()
