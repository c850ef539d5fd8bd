"""A program on a terminal of its own: what a person would see, and keys as they would press them."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

SECONDS_MAX = 60
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|\r")
CTRL_C, CTRL_D, TAB, ENTER, UP = "\x03", "\x04", "\t", "\r", "\x1b[A"


class Terminal:
    """stdin, stdout and stderr of `command` are one pseudo terminal."""

    def __init__(self, command, columns=120, environment=None, cwd=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, close_fds=True,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                        env={**os.environ, "TERM": "xterm", **(environment or {})})
        os.close(slave)
        self.text = ""
        self.seen = 0  # of text, by expect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=SECONDS_MAX)
        os.close(self.master)

    def send(self, keys):
        os.write(self.master, keys.encode())

    def line(self, text):
        self.send(text + ENTER)

    def read(self, seconds):
        """False: nothing more will come."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += CONTROL.sub("", data.decode(errors="replace"))
        return bool(data)

    def expect(self, text):
        """Waits until `text` is shown behind what was expected last; answers with what stood before it."""
        deadline = time.monotonic() + SECONDS_MAX
        is_open = True
        while text not in self.text[self.seen:]:
            assert is_open and time.monotonic() < deadline, f"no {text!r} in {self.text[self.seen:]!r}"
            is_open = self.read(0.2)
        at = self.text.index(text, self.seen)
        before = self.text[self.seen:at]
        self.seen = at + len(text)
        return before

    def interrupt(self):
        """What Ctrl-C does where the terminal is not in raw mode."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """The exit code; everything that was shown is in `text`."""
        deadline = time.monotonic() + SECONDS_MAX
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"does not end: {self.text[-2000:]!r}"
            self.read(0.05)
        while select.select([self.master], [], [], 0)[0] and self.read(0):
            pass
        return self.process.returncode
