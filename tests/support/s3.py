"""Starts, kills and restarts an S3 server on loopback: s3proxy (keeps nothing), or MinIO with MAGNETITE_TEST_S3_SERVER=minio."""
import os
import pathlib
import signal
import subprocess
import time

import requests

from support import need
from support.server import free_ports

START_SECONDS_MAX = 60
KEY, SECRET = "testkey", "testsecret12"
HERE = pathlib.Path(__file__).resolve().parent


class S3Server:
    """One server process; restart keeps the port and, with MinIO, the data."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kind = os.environ.get("MAGNETITE_TEST_S3_SERVER", "s3proxy")
        assert self.kind in ("s3proxy", "minio"), self.kind
        self.program = need.tool(f"get_{self.kind}.sh")
        self.port = free_ports(1)[0]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill9()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def keeps_data(self):
        return self.kind == "minio"

    def environment(self):
        """For `magnetite run --object-store s3`."""
        return {"AWS_ENDPOINT": self.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def test_environment(self):
        """For object_store_s3_test."""
        return {"MAGNETITE_TEST_S3": self.url, "MAGNETITE_TEST_S3_KEY": KEY, "MAGNETITE_TEST_S3_SECRET": SECRET}

    def start(self):
        with open(self.folder / "s3.log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                                            env={**os.environ, "MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET,
                                                 "MINIO_BROWSER": "off"})
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the S3 server ended:\n{self.log()[-4000:]}"
            try:
                requests.get(self.url, timeout=5)  # any answer will do
                return
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"the S3 server is not ready after {START_SECONDS_MAX} s:\n{self.log()[-4000:]}")

    def command(self):
        if self.kind == "minio":
            return [self.program, "server", "--quiet", "--address", f"127.0.0.1:{self.port}", str(self.folder / "data")]
        config = self.folder / "s3proxy.conf"
        config.write_text("\n".join([
            "s3proxy.authorization=aws-v2-or-v4", f"s3proxy.endpoint={self.url}", f"s3proxy.identity={KEY}",
            f"s3proxy.credential={SECRET}", "jclouds.provider=transient", "jclouds.identity=x", "jclouds.credential=x", "",
        ]), encoding="ascii")
        return ["java", "-Xmx192m", "-XX:+UseSerialGC", f"-Dlogback.configurationFile={HERE / 's3proxy/logback.xml'}",
                "-cp", f"{self.program}/*", "org.gaul.s3proxy.Main", "--properties", str(config)]

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def log(self):
        return (self.folder / "s3.log").read_text(errors="replace")
