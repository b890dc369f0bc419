"""The real daemon on a directory of its own, for the tests of the Python library."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import cfgd  # noqa: E402

LIMIT = 30.0


class Daemon:
    """`cfgd --root DIR`. start() returns when every source has been read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = str(root / "run" / "io.cfgd")
        self.log = root / "log"
        self._process = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [os.environ["CFGD_PROGRAM"], "--root", str(self.root)]
            self._process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        with self.connect() as client:
            how = {"wait_for_service": True, "shortest_wait": 0.005, "longest_wait": 0.05}
            with client.watch("site", **how) as watch:
                if watch.next(LIMIT) is None:
                    raise RuntimeError("cfgd does not answer; it logged:\n" + self.log.read_text())
            client.sync()

    def connect(self) -> cfgd.Client:
        return cfgd.Client(self.socket)

    def kill(self) -> None:
        """kill -9, and waits for the end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(LIMIT)
            self._process = None


SCHEMA = """{"properties": {"port": {"type": "integer", "maximum": 65535, "default": 80},
  "token": {"type": "string", "x-secret": true}}}"""


class ServiceTest(unittest.TestCase):
    """A daemon with one namespace, and a client."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        etc = Path(directory.name) / "root" / "etc"
        for folder in ("namespaces", "schemas"):
            (etc / folder).mkdir(parents=True)
        (etc / "namespaces" / "site.toml").write_text('title = "Books"\n[hosts]\n"db.x" = 1\n')
        (etc / "schemas" / "site.json").write_text(SCHEMA)
        self.daemon = Daemon(etc.parent)
        self.addCleanup(self.daemon.kill)
        self.daemon.start()
        self.client = self.daemon.connect()
        self.addCleanup(self.client.close)
