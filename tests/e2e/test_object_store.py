"""Object stores: the suite of all stores over a real S3 server, and a server that starts on one, or says why it cannot."""
import os
import pathlib
import socket
import subprocess
import time

import pytest

from support import need, orders
from support.s3 import S3Server
from support.server import Server, binary, free_ports

START_SECONDS_MAX = 10
AWS_NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT", "AWS_DEFAULT_REGION",
             "AWS_CA_BUNDLE", "AWS_EC2_METADATA_SERVICE_ENDPOINT")


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with S3Server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def own_s3(tmp_path):
    """One to be killed."""
    with S3Server(tmp_path / "s3") as running:
        yield running


def make_bucket(s3, name):
    """Signed by curl, as ours are."""
    subprocess.run(["curl", "-sSf", "--noproxy", "*", "-X", "PUT", "--data", "", "--aws-sigv4", "aws:amz:us-east-1:s3",
                    "--user", f"{s3.environment()['AWS_ACCESS_KEY_ID']}:{s3.environment()['AWS_SECRET_ACCESS_KEY']}",
                    f"{s3.url}/{name}"], check=True, capture_output=True, timeout=60)


def start_that_fails(folder, *options, environment=None):
    """The one line of a server that refuses to start, and nothing listened meanwhile."""
    http, grpc = free_ports(2)
    clean = {name: value for name, value in os.environ.items() if name not in AWS_NAMES}
    begin = time.monotonic()
    ended = subprocess.run(
        [binary(), "run", "--server-id", "1", "--data-dir", str(folder / "data"), "--api-bind", f"127.0.0.1:{http}",
         "--grpc-bind", f"127.0.0.1:{grpc}", *options],
        env={**clean, **(environment or {})}, capture_output=True, text=True, timeout=60, check=False)
    assert time.monotonic() - begin < START_SECONDS_MAX
    assert ended.returncode == 1, ended
    assert "listens" not in ended.stdout, ended.stdout
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_missing_options_are_all_named(tmp_path):
    line = start_that_fails(tmp_path, "--object-store", "S3", environment={"AWS_ACCESS_KEY_ID": "key"})
    assert "--bucket" in line and "AWS_SECRET_ACCESS_KEY" in line, line
    assert "not supported with this build" in start_that_fails(tmp_path, "--object-store", "google")


def test_a_dead_endpoint_ends_the_start(tmp_path):
    port = free_ports(1)[0]
    line = start_that_fails(tmp_path, "--object-store", "s3", "--bucket", "data", "--aws-access-key-id", "key",
                            "--aws-secret-access-key", "secret", "--aws-endpoint", f"http://127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in line and "cannot be used" in line, line


def test_an_endpoint_that_never_answers_ends_the_start(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = start_that_fails(tmp_path, "--object-store", "s3", "--bucket", "data", "--aws-access-key-id", "key",
                                "--aws-secret-access-key", "secret",
                                "--aws-endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "cannot be used" in line, line


def test_no_keys_and_no_role_ends_the_start(tmp_path):
    port = free_ports(1)[0]
    line = start_that_fails(tmp_path, "--object-store", "s3", "--bucket", "data", "--aws-metadata-endpoint",
                            f"http://127.0.0.1:{port}")
    assert "AWS_ACCESS_KEY_ID" in line, line


def test_a_folder_that_cannot_be_used_ends_the_start(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/store").write_text("a file, not a folder", encoding="ascii")
    line = start_that_fails(tmp_path, "--object-store", "file")
    assert "store" in line and "cannot be used" in line, line


@pytest.mark.parametrize("environment, word", [
    ({"AWS_ACCESS_KEY_ID": "nobody"}, "--aws-access-key-id"),
    ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "--aws-secret-access-key"),
])
def test_fake_credentials_end_the_start(s3, tmp_path, environment, word):
    line = start_that_fails(tmp_path, "--object-store", "s3", "--bucket", "data",
                            environment={**s3.environment(), **environment})
    assert word in line and "403" in line, line


def test_a_missing_bucket_ends_the_start(s3, tmp_path):
    line = start_that_fails(tmp_path, "--object-store", "s3", "--bucket", "no-such-bucket", environment=s3.environment())
    assert "no-such-bucket" in line and "--bucket" in line, line


def test_the_suite_of_all_stores_over_s3(s3):
    ended = subprocess.run([need.built("object_store_s3_test"), "--gtest_filter=-*Restart*"], timeout=900, text=True,
                           env={**os.environ, **s3.test_environment()}, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "SKIPPED" not in ended.stdout, ended.stdout[-4000:]


def test_calls_outlive_a_restart_of_s3(own_s3):
    given = orders.follow([need.built("object_store_s3_test"), "--gtest_filter=*Restart*"],
                          {**own_s3.test_environment(), "MAGNETITE_TEST_S3_ORDERS": "1"},
                          {"kill": own_s3.kill9, "start": own_s3.start}, seconds_max=300)
    assert given == ["kill", "start"]


def test_databases_live_in_the_bucket(s3, tmp_path):
    make_bucket(s3, "databases")
    options = ("--object-store", "s3", "--bucket", "databases")
    with Server(tmp_path / "one", options, environment=s3.environment()) as server:
        server.write_ok("metrics", "cpu,host=a usage=0.5 1700000000000000000")
        server.restart()
        assert server.value("metrics", "SELECT count(*) FROM cpu") == 1
        assert server.cli("database", "list").stdout.split() == ["metrics"]
    assert not (pathlib.Path(tmp_path) / "one/data/store").exists()
    # Rules come from the bucket, whatever the machine.
    with Server(tmp_path / "two", options, environment=s3.environment()) as server:
        assert server.cli("database", "list").stdout.split() == ["metrics"]


def test_s3_that_goes_away_fails_what_needs_it_and_nothing_else(own_s3, tmp_path):
    make_bucket(own_s3, "data")
    with Server(tmp_path, ("--object-store", "s3", "--bucket", "data"), environment=own_s3.environment()) as server:
        server.write_ok("before", "cpu usage=0.5 1700000000000000000")
        own_s3.kill9()
        server.write_ok("before", "cpu usage=0.6 1700000001000000000")
        assert server.value("before", "SELECT count(*) FROM cpu") == 2
