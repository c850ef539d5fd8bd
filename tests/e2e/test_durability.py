"""kill -9 in a loop under load: every acknowledged row is there afterwards, with its values, once. And what an operator can
lose besides the process: the log's folder, or the sole use of a server id."""
import os
import random
import shutil


from support.load import Memory, Writer, assert_kept
from support.server import Server, wait_until

CYCLES = int(os.environ.get("MAGNETITE_KILL_CYCLES", "6"))
CYCLES_OF_A_MACHINE = 20  # then a new one: what is compared grows with each cycle
WRITERS = 3
DATABASE = "kept"
# Rows are cold after a second: most of the time something is compacted, persisted, committed or trimmed.
BUSY = ["--late-arrive-window-seconds", "1", "--persist-age-threshold-seconds", "1", "--persist-row-threshold", "2000",
        "--catalog-transactions-until-checkpoint", "3"]


def persisted(server):
    return server.value(DATABASE, "SELECT count(*) FROM system.chunks WHERE storage LIKE '%ObjectStore%'")


def report(line):
    """Of long runs: a line a cycle."""
    path = os.environ.get("MAGNETITE_KILL_REPORT")
    if path:
        with open(path, "a", encoding="utf-8") as out:
            out.write(line + "\n")


class Machine:
    """A server, the clients that load it, and what they remember."""

    def __init__(self, folder, options, dice):
        self.server = Server(folder)
        self.options = options
        self.dice = dice
        self.memories = [Memory(number) for number in range(WRITERS)]

    def acknowledged(self):
        return sum(end - first for memory in self.memories for first, end in memory.acknowledged)

    def load_and_kill(self):
        before = self.acknowledged()
        writers = [Writer(self.server, DATABASE, memory) for memory in self.memories]
        for writer in writers:
            writer.start()
        while all(writer.is_alive() for writer in writers) and self.acknowledged() == before:
            writers[0].join(0.01)
        writers[0].join(self.dice.uniform(0.0, 1.0))
        self.server.kill9()
        for writer in writers:
            writer.join()
        assert self.acknowledged() > before

    def run(self, number, cycles):
        with self.server as server:
            server.create_database(DATABASE, *self.options)
            for cycle in range(cycles):
                self.load_and_kill()
                server.start()
                count = assert_kept(server, DATABASE, self.memories)
                files = persisted(server)
                replayed = server.status(DATABASE)["replayed_records"]
                report(f"machine {number} cycle {cycle}: {self.acknowledged()} rows acknowledged, {count} there, "
                       f"{replayed} records replayed, {files} chunks persisted: ok")
            if self.options:
                wait_until("something is persisted", lambda: persisted(server) > 0)
            server.restart()
            assert assert_kept(server, DATABASE, self.memories) == count
            if not self.options:
                shown = server.status(DATABASE)
                assert shown["replayed_records"] == shown["replay_records_total"] > 0


def test_acknowledged_rows_survive_kill_9(tmp_path):
    seed = int(os.environ.get("MAGNETITE_SEED", random.randrange(1 << 30)))
    print(f"MAGNETITE_SEED={seed}")
    report(f"MAGNETITE_SEED={seed}")
    dice = random.Random(seed)
    left = CYCLES
    for number in range(max(2, -(-CYCLES // CYCLES_OF_A_MACHINE))):
        cycles = min(CYCLES_OF_A_MACHINE, max(1, CYCLES // 2), left)
        left -= cycles
        folder = tmp_path / f"machine{number}"
        Machine(folder, BUSY if number % 2 == 0 else [], dice).run(number, cycles)
        shutil.rmtree(folder)


def write_and_persist(server, lines):
    before = persisted(server)
    server.write_ok(DATABASE, lines)
    wait_until("the rows are persisted", lambda: persisted(server) > before)


def tags(server, database=DATABASE):
    return [row["t"] for row in server.rows(database, "SELECT t FROM m ORDER BY t")]


def test_a_lost_log_folder_costs_what_was_not_persisted_and_no_later_write(tmp_path):
    with Server(tmp_path) as server:
        server.create_database(DATABASE, *BUSY)
        write_and_persist(server, [f"m,t=persisted{i} v=1i {i}" for i in range(3)])
        server.write_ok("young", "m,t=lost v=1i 5")  # by its rules nothing is cold for five minutes
        server.kill9()
        shutil.rmtree(server.data / "log")
        server.start()
        for database in (DATABASE, "young"):
            status = server.status(database)
            assert (status["state"], status["error"]) == ("initialized", "")
        assert server.log().count("another log than the catalog knows") == 2
        assert tags(server) == ["persisted0", "persisted1", "persisted2"]
        assert server.rows("young", "SHOW TABLES") == []
        for later in ("later", "last"):
            server.write_ok("young", f"m,t={later} v=1i 6")
            write_and_persist(server, f"m,t={later} v=1i 6")
            server.kill9()
            server.start()
        assert tags(server) == ["last", "later", "persisted0", "persisted1", "persisted2"]
        assert tags(server, "young") == ["last", "later"]


def store_of(server):
    """Where the file store keeps what belongs to server id 1."""
    [rules] = server.data.rglob("rules.pb")
    return rules.parent.parent


def test_a_server_id_used_on_two_machines_loses_no_acknowledged_write(tmp_path):
    first = Server(tmp_path / "first")
    second = Server(tmp_path / "second")
    with first:
        first.create_database(DATABASE, *BUSY)
        write_and_persist(first, "m,t=first_persisted v=1i 1")
        shared = store_of(first)
        place = second.data / shared.relative_to(first.data)
        place.parent.mkdir(parents=True)
        place.symlink_to(shared, target_is_directory=True)
        with second:
            assert tags(second) == ["first_persisted"]
            write_and_persist(second, "m,t=second_persisted v=1i 2")

            def write_until_refused():
                answer = first.write(DATABASE, "m,t=first_late v=1i 3")
                assert answer.status_code in (204, 409, 503), f"{answer.status_code}: {answer.text}"
                return answer.status_code != 204 and "another server has taken over" in answer.text
            wait_until("the first one notices", write_until_refused)
            assert "another server has taken over" in first.status(DATABASE)["error"]
            second.write_ok(DATABASE, "m,t=second_late v=1i 4")
            second.kill9()
            second.start()
            assert set(tags(second)) >= {"first_persisted", "second_persisted", "second_late"}
            second.stop()
        # The operator stopped the second: what the first had acknowledged is in its log.
        first.restart()
        assert set(tags(first)) >= {"first_persisted", "second_persisted", "first_late"}
        write_and_persist(first, "m,t=first_again v=1i 5")
        first.kill9()
        first.start()
        assert set(tags(first)) >= {"first_persisted", "second_persisted", "first_late", "first_again"}
