"""Databases over a real Redis: one server writes, another reads, and what is killed comes back."""
import time

import pytest

from support.load import Memory, Writer, assert_kept
from support.redis_server import RedisServer
from support.server import Server, wait_until



@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path / "redis") as running:
        yield running


def test_one_server_writes_and_another_reads_while_all_are_killed(redis, tmp_path):
    with Server(tmp_path / "w", server_id=1) as writing, Server(tmp_path / "r", server_id=2) as reading:
        writing.create_database("feed", "--write-buffer-writing", f"redis://{redis.address}?n_sequencers=2&trim=off")
        reading.create_database("feed", "--write-buffer-reading", f"redis://{redis.address}?stream=feed")
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
            written = {each["id"]: each["applied_through"] for each in writing.status("feed")["sequencers"]}
            read = {each["id"]: each["applied_through"] for each in reading.status("feed")["sequencers"]}
            return all(read.get(sequencer, -1) >= (last or 0) for sequencer, last in written.items() if last is not None)

        wait_until("the reader has what the writer has", all_there)
        assert_kept(reading, "feed", memories)


def test_a_redis_that_would_lose_writes_is_refused(tmp_path):
    with RedisServer(tmp_path / "redis", ["--appendfsync", "everysec"]) as redis, Server(tmp_path / "s") as server:
        refused = server.create_database("feed", "--write-buffer-writing", f"redis://{redis.address}?n_sequencers=1",
                                         ok=False)
        assert "appendfsync" in refused
        server.create_database("risky", "--write-buffer-writing", f"redis://{redis.address}?n_sequencers=1&durability=reported")
        server.write_ok("risky", "m x=1i 1")
        shown = server.status("risky")
        assert "appendfsync" in shown["log_problem"] + shown["log_mode"]
