"""kill -9 in a loop under load: every acknowledged row is there afterwards, with its values, once."""
import os
import random

import requests

from support.load import Memory, Writer, assert_kept
from support.server import Server

CYCLES = int(os.environ.get("MAGNETITE_KILL_CYCLES", "5"))
WRITERS = 3
DATABASE = "kept"


def test_acknowledged_rows_survive_kill_9(tmp_path):
    seed = int(os.environ.get("MAGNETITE_SEED", random.randrange(1 << 30)))
    print(f"MAGNETITE_SEED={seed}")
    dice = random.Random(seed)
    memories = [Memory(number) for number in range(WRITERS)]
    with Server(tmp_path) as server:
        for _ in range(CYCLES):
            acknowledged = sum(len(memory.acknowledged) for memory in memories)
            writers = [Writer(server, DATABASE, memory) for memory in memories]
            for writer in writers:
                writer.start()
            while all(writer.is_alive() for writer in writers) and (
                    sum(len(memory.acknowledged) for memory in memories) == acknowledged):
                writers[0].join(0.01)
            writers[0].join(dice.uniform(0.0, 1.0))
            server.kill9()
            for writer in writers:
                writer.join()
            assert any(memory.acknowledged for memory in memories)
            server.start()
            count = assert_kept(server, DATABASE, memories)
        server.restart()
        assert assert_kept(server, DATABASE, memories) == count
        [shown] = requests.get(server.http + "/api/v1/status", timeout=60).json()["databases"]
        assert shown["replayed_records"] == shown["replay_records_total"] > 0
