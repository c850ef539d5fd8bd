"""kill -9 in a loop under load: every acknowledged row is there afterwards, with its values, once."""
import http.client
import os
import random
import threading

import requests

from support.server import Server

CYCLES = int(os.environ.get("MAGNETITE_KILL_CYCLES", "5"))
WRITERS = 3
BATCH = 40
DAY_NS = 86_400_000_000_000
DATABASE = "kept"


def check_of(writer, seq):
    return (writer * 1_000_003 + seq * 7_919) % 1_000_000_007


class Writer(threading.Thread):
    """Sends batch after batch on one connection until the server is gone. Batches touch two tables and several days."""

    def __init__(self, server, number, first_seq):
        super().__init__()
        self.server, self.number, self.next_seq = server, number, first_seq
        self.acknowledged = []  # (first seq, end) of a batch
        self.last_counter = None
        self.unexpected = None

    def body(self, first):
        lines = []
        for seq in range(first, first + BATCH):
            time = 1_700_000_000_000_000_000 + (seq % 4) * DAY_NS + seq
            table = "even" if seq % 2 == 0 else "odd"
            lines.append(f"{table},writer=w{self.number} seq={seq}i,check={check_of(self.number, seq)}i {time}")
        lines.append(f"counter,writer=w{self.number} value={first}i 1000")  # always the same row
        return "\n".join(lines)

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http_port, timeout=60)
        try:
            while True:
                first = self.next_seq
                self.next_seq += BATCH
                connection.request("POST", f"/api/v3/write_lp?db={DATABASE}&precision=ns", self.body(first))
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 204:
                    self.acknowledged.append((first, first + BATCH))
                    self.last_counter = first
                elif answer.status != 503:
                    self.unexpected = f"{answer.status}: {text}"
                    return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def stored_rows(server):
    rows = server.rows(DATABASE, "SELECT writer, seq, \"check\" AS sum FROM even UNION ALL SELECT writer, seq, \"check\" FROM odd")
    return [(int(row["writer"][1:]), row["seq"], row["sum"]) for row in rows]


def verify(server, acknowledged, sent, counters):
    rows = stored_rows(server)
    seen = {(writer, seq) for writer, seq, _ in rows}
    assert len(seen) == len(rows), "a row is there twice"
    for writer, seq, value in rows:
        assert value == check_of(writer, seq)
        assert seq < sent[writer], "a row that nobody sent"
    missing = [(writer, seq) for writer in range(WRITERS) for first, end in acknowledged[writer]
               for seq in range(first, end) if (writer, seq) not in seen]
    assert not missing, f"{len(missing)} acknowledged rows are lost, first {missing[:3]}"
    values = {int(row["writer"][1:]): row["value"] for row in server.rows(DATABASE, "SELECT writer, value FROM counter")}
    for writer, least in counters.items():
        assert least <= values[writer] < sent[writer], "an acknowledged overwrite is lost"
    return len(rows)


def test_acknowledged_rows_survive_kill_9(tmp_path):
    seed = int(os.environ.get("MAGNETITE_SEED", random.randrange(1 << 30)))
    print(f"MAGNETITE_SEED={seed}")
    dice = random.Random(seed)
    acknowledged = [[] for _ in range(WRITERS)]
    sent = [0] * WRITERS
    counters = {}
    with Server(tmp_path) as server:
        for _ in range(CYCLES):
            writers = [Writer(server, number, sent[number]) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            while all(writer.is_alive() for writer in writers) and not any(writer.acknowledged for writer in writers):
                writers[0].join(0.01)
            writers[0].join(dice.uniform(0.0, 1.0))
            server.kill9()
            for writer in writers:
                writer.join()
                assert writer.unexpected is None
                acknowledged[writer.number] += writer.acknowledged
                sent[writer.number] = writer.next_seq
                if writer.last_counter is not None:
                    counters[writer.number] = writer.last_counter
            assert any(acknowledged)
            server.start()
            count = verify(server, acknowledged, sent, counters)
        server.restart()
        assert verify(server, acknowledged, sent, counters) == count
        [shown] = requests.get(server.http + "/api/v1/status", timeout=60).json()["databases"]
        assert shown["replayed_records"] == shown["replay_records_total"] > 0
