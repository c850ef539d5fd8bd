"""Starts, kills and restarts a Redis server on loopback; its data stays in a folder of the test."""
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from support import need
from support.server import free_ports

START_SECONDS_MAX = 60


class RedisServer:
    """One server process with settings that keep what was acknowledged; restart keeps the port and the data."""

    def __init__(self, folder, options=()):
        self.program = shutil.which("redis-server")
        if self.program is None:
            need.missing("redis-server is not installed (tools/packages.txt)")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.options = list(options)
        self.port = free_ports(1)[0]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.kill9()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        with open(self.folder / "redis.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
                 "--appendonly", "yes", "--appendfsync", "always", *self.options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"redis-server ended:\n{self.log()[-4000:]}"
            if self.ping() == b"+PONG\r\n":
                return
            time.sleep(0.02)
        raise AssertionError(f"redis-server is not ready after {START_SECONDS_MAX} s:\n{self.log()[-4000:]}")

    def ping(self):
        """What it answers: an error while it still loads, nothing before it listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100)
        except OSError:
            return b""

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def log(self):
        return (self.folder / "redis.log").read_text(errors="replace")
