"""Starts, kills and asks the real binary. Ports are free ones of loopback, data lies in a folder of the test."""
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time
import urllib.parse

import requests

START_SECONDS_MAX = 60
# A server that runs away ends itself, not the machine. Sanitizers map terabytes.
MEMORY_BYTES_MAX = 8 << 30


def binary():
    path = os.environ.get("MAGNETITE_BINARY", "")
    if not path:
        path = str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/magnetite")
    assert os.access(path, os.X_OK), f"no server at {path}: build it, or set MAGNETITE_BINARY"
    return path


def sanitized():
    return os.environ.get("MAGNETITE_SANITIZED", "0") not in ("", "0")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_until(what, reached, shown=lambda: "", seconds_max=120):
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        if reached():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds_max} s: {what} {shown()}")


class Server:
    """One server process and its data folder; restart() keeps the data and the ports."""

    def __init__(self, folder, options=(), environment=None, memory_bytes_max=MEMORY_BYTES_MAX, server_id=1,
                 working_folder=None, certificate=None, bind="127.0.0.1", token=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log_path = self.folder / "server.log"
        self.options = list(options)
        self.server_id = server_id  # None: it starts without one and is ready when it answers
        self.environment = environment or {}
        self.working_folder = working_folder  # where a .env would be read; None: the test's own
        self.memory_bytes_max = resource.RLIM_INFINITY if sanitized() else memory_bytes_max
        self.http_port, self.grpc_port = free_ports(2)
        self.certificate = certificate  # support.certificates.Certificate: it speaks TLS
        self.bind = bind
        self.token = token  # sent with everything asked here
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process is not None and self.process.poll() is None:
            self.kill9()  # the failure on its way says more than how the server would end

    @property
    def scheme(self):
        return "https" if self.certificate else "http"

    @property
    def trusted(self):
        """For `verify` of requests."""
        return str(self.certificate.path) if self.certificate else True

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def http(self):
        return f"{self.scheme}://127.0.0.1:{self.http_port}"

    @property
    def grpc(self):
        return f"{self.scheme}://127.0.0.1:{self.grpc_port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self, wait=True):
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            binary(), "run", "--data-dir", str(self.data),
            "--api-bind", f"{self.bind}:{self.http_port}", "--grpc-bind", f"{self.bind}:{self.grpc_port}",
        ] + ([] if "--object-store" in self.options else ["--object-store", "file"]) + self.options
        if self.certificate:
            command += ["--tls-cert", str(self.certificate.path), "--tls-key", str(self.certificate.key_path)]
        if self.server_id is not None:
            command += ["--server-id", str(self.server_id)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment}, cwd=self.working_folder,
                                            preexec_fn=self.limit_memory)
        if wait:
            self.wait_ready()
        return self

    def answers(self):
        try:
            return requests.get(self.http + "/health", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def limit_memory(self):
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory_bytes_max, self.memory_bytes_max))

    def wait_ready(self):
        """Health answers at once; ready is the server when its databases are loaded."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                answer = requests.get(self.http + "/api/v1/status", timeout=5, verify=self.trusted, headers=self.headers)
                if answer.status_code == 401 and self.token is None:
                    return  # it has no token to give yet
                state = answer.json()["state"]
                if state == "ready" or self.server_id is None:
                    return
            except (requests.RequestException, ValueError):
                pass
            time.sleep(0.02)
        raise AssertionError(f"not ready after {START_SECONDS_MAX} s:\n{self.log()[-4000:]}")

    def wait_state(self, state):
        def reached():
            return requests.get(self.http + "/api/v1/status", timeout=5, headers=self.headers).json()["state"] == state
        wait_until(f"the server is {state}", reached, self.log)

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def stop(self):
        """An ordered stop; asserts that the server ends by itself and without a sanitizer's complaint."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"no end within 60 s of SIGTERM:\n{self.log()[-4000:]}") from None
        assert code == 0, f"the server ended with {code}:\n{self.log()[-4000:]}"

    def restart(self):
        self.stop()
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def create_database(self, name, *options, ok=True):
        """By the command line; returns what it printed."""
        ended = subprocess.run([binary(), "database", "create", name, *options, "--host", self.grpc], timeout=120,
                               capture_output=True, text=True, check=False)
        assert (ended.returncode == 0) == ok, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def status(self, database):
        shown = requests.get(self.http + "/api/v1/status", timeout=30, verify=self.trusted,
                             headers=self.headers).json()["databases"]
        return next(each for each in shown if each["name"] == database)

    def write(self, database, lines, path="/api/v3/write_lp", **parameters):
        key = "bucket" if path == "/api/v2/write" else "db"
        body = lines if isinstance(lines, bytes) else "\n".join([lines] if isinstance(lines, str) else lines).encode()
        return requests.post(self.http + path, params={key: database, **parameters}, data=body, timeout=120,
                             verify=self.trusted, headers=self.headers)

    def write_ok(self, database, lines, **options):
        answer = self.write(database, lines, **options)
        assert answer.status_code == 204, f"{answer.status_code}: {answer.text}"

    def query(self, database, sql, **parameters):
        return requests.get(self.http + "/api/v3/query_sql", timeout=300, verify=self.trusted,
                            headers=self.headers, params={"db": database, "q": sql, "format": "json", **parameters})

    def rows(self, database, sql):
        """Result rows as dicts."""
        answer = self.query(database, sql)
        assert answer.status_code == 200, f"{sql}: {answer.status_code}: {answer.text}"
        return json.loads(answer.text)

    def value(self, database, sql):
        rows = self.rows(database, sql)
        assert len(rows) == 1, rows
        return next(iter(rows[0].values()))

    def cli(self, *arguments, stdin=None, host=None):
        """`magnetite <arguments>` against this server: the finished process with text output."""
        token = {"MAGNETITE_TOKEN": self.token} if self.token else {}
        trust = ["--ca-cert", str(self.certificate.path)] if self.certificate else []
        return subprocess.run([binary(), "--host", host or self.grpc, *trust, *arguments], input=stdin, capture_output=True,
                              text=True, timeout=120, check=False, env={**os.environ, **token})

    def write_url(self, database, path="/api/v3/write_lp"):
        key = "bucket" if path == "/api/v2/write" else "db"
        return f"{self.http}{path}?{urllib.parse.urlencode({key: database})}"
