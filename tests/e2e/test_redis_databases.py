"""Databases over a real Redis: one server writes, another reads, and what is killed comes back."""
import subprocess
import time

import pytest
import requests

from support.load import Memory, Writer, assert_kept
from support.redis_server import RedisServer
from support.server import Server, binary

WAIT_SECONDS_MAX = 120


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path / "redis") as running:
        yield running


def create(server, name, *options):
    subprocess.run([binary(), "database", "create", name, *options, "--host", server.grpc], timeout=120, check=True)


def status(server, database):
    shown = requests.get(server.http + "/api/v1/status", timeout=30).json()["databases"]
    return next(each for each in shown if each["name"] == database)


def wait_until(what, reached):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        if reached():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {WAIT_SECONDS_MAX} s: {what}")


def test_one_server_writes_and_another_reads_while_all_are_killed(redis, tmp_path):
    with Server(tmp_path / "w", server_id=1) as writing, Server(tmp_path / "r", server_id=2) as reading:
        create(writing, "feed", "--write-buffer-writing", f"redis://{redis.address}?n_sequencers=2&trim=off")
        create(reading, "feed", "--write-buffer-reading", f"redis://{redis.address}?stream=feed")
        memories = [Memory(number) for number in range(2)]
        for victim in ("writing", "redis", "reading"):
            writers = [Writer(writing, "feed", memory) for memory in memories]
            for each in writers:
                each.start()
            time.sleep(1)
            if victim == "redis":
                redis.kill9()
                redis.start()
                time.sleep(1)
            else:
                server = writing if victim == "writing" else reading
                server.kill9()
                server.start()
            for each in writers:
                each.stop()
        assert all(memory.acknowledged for memory in memories)
        assert_kept(writing, "feed", memories)

        def all_there():
            written = {each["id"]: each["applied_through"] for each in status(writing, "feed")["sequencers"]}
            read = {each["id"]: each["applied_through"] for each in status(reading, "feed")["sequencers"]}
            return all(read.get(sequencer, -1) >= (last or 0) for sequencer, last in written.items() if last is not None)

        wait_until("the reader has what the writer has", all_there)
        assert_kept(reading, "feed", memories)


def test_a_redis_that_would_lose_writes_is_refused(tmp_path):
    with RedisServer(tmp_path / "redis", ["--appendfsync", "everysec"]) as redis, Server(tmp_path / "s") as server:
        refused = subprocess.run([binary(), "database", "create", "feed", "--write-buffer-writing",
                                  f"redis://{redis.address}?n_sequencers=1", "--host", server.grpc], timeout=120,
                                 capture_output=True, text=True, check=False)
        assert refused.returncode != 0 and "appendfsync" in refused.stderr + refused.stdout
        create(server, "risky", "--write-buffer-writing", f"redis://{redis.address}?n_sequencers=1&durability=reported")
        server.write_ok("risky", "m x=1i 1")
        shown = status(server, "risky")
        assert "appendfsync" in shown["log_problem"] + shown["log_mode"]
