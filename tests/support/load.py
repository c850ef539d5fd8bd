"""Load from several clients, and an exact memory of what was acknowledged."""
import http.client
import threading

DAY_NS = 86_400_000_000_000
BATCH = 40


def check_of(writer, seq):
    return (writer * 1_000_003 + seq * 7_919) % 1_000_000_007


class Memory:
    """What one client sent and what was acknowledged, over as many connections as it took."""

    def __init__(self, number):
        self.number = number
        self.next_seq = 0
        self.acknowledged = []  # (first seq, end) of a batch
        self.last_counter = None
        self.unexpected = None


class Writer(threading.Thread):
    """Sends batch after batch on one connection until it is stopped or the server is gone. What is answered 503 is sent
    again. Batches touch two tables and several days, and one row that is always the same."""

    def __init__(self, server, database, memory):
        super().__init__()
        self.server, self.database, self.memory = server, database, memory
        self.stopping = threading.Event()

    def body(self, first):
        number = self.memory.number
        lines = []
        for seq in range(first, first + BATCH):
            time = 1_700_000_000_000_000_000 + (seq % 4) * DAY_NS + seq
            table = "even" if seq % 2 == 0 else "odd"
            lines.append(f"{table},writer=w{number} seq={seq}i,check={check_of(number, seq)}i {time}")
        lines.append(f"counter,writer=w{number} value={first}i 1000")
        return "\n".join(lines)

    def run(self):
        memory = self.memory
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http_port, timeout=120)
        try:
            while not self.stopping.is_set():
                first = memory.next_seq
                memory.next_seq += BATCH
                while not self.stopping.is_set():
                    connection.request("POST", f"/api/v3/write_lp?db={self.database}&precision=ns", self.body(first))
                    answer = connection.getresponse()
                    text = answer.read()
                    if answer.status == 204:
                        memory.acknowledged.append((first, first + BATCH))
                        memory.last_counter = first
                        break
                    if answer.status != 503:
                        memory.unexpected = f"{answer.status}: {text}"
                        return
                    self.stopping.wait(0.2)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def stop(self):
        self.stopping.set()
        self.join()


def assert_kept(server, database, memories):
    """Every acknowledged row is there, each once, with its values, and nothing that nobody sent. Returns how many."""
    rows = server.rows(database, "SELECT writer, seq, \"check\" AS sum FROM even UNION ALL "
                                 "SELECT writer, seq, \"check\" FROM odd")
    seen = {(int(row["writer"][1:]), row["seq"]): row["sum"] for row in rows}
    assert len(seen) == len(rows), "a row is there twice"
    sent = {memory.number: memory.next_seq for memory in memories}
    for (writer, seq), value in seen.items():
        assert value == check_of(writer, seq)
        assert seq < sent[writer], "a row that nobody sent"
    values = {int(row["writer"][1:]): row["value"] for row in server.rows(database, "SELECT writer, value FROM counter")}
    for memory in memories:
        assert memory.unexpected is None, memory.unexpected
        lost = [seq for first, end in memory.acknowledged for seq in range(first, end) if (memory.number, seq) not in seen]
        assert not lost, f"writer {memory.number}: {len(lost)} acknowledged rows are lost, first {lost[:3]}"
        if memory.last_counter is not None:
            assert memory.last_counter <= values[memory.number] < memory.next_seq, "an acknowledged overwrite is lost"
    return len(rows)
