"""Commands that need a server in a state of its own: jobs that go on, deleted databases, a server that loads or is old."""
import json
import subprocess

import grpc
import pytest

from support.fake_server import FakeServer, Refusal, operation
from support.server import binary
from support.terminal import Terminal

PARTITION = ["home", "2023-11-14 22:00:00", "room"]
UUID = bytes(range(16))
UUID_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"


def cli(fake, *arguments, stdin=None):
    return subprocess.run([binary(), "--host", fake.host, *arguments], input=stdin, capture_output=True, text=True,
                          timeout=120, check=False)


def done(ended, code=0):
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended


class Job:
    """Further with each look, until it has ended."""

    def __init__(self, looks, **ended):
        self.looks = looks
        self.ended = ended
        self.seen = 0

    def __call__(self, _request):
        self.seen += 1
        shown = {"description": "Persisting chunks", "rows_done": min(self.seen, self.looks) * 1000, "rows_total": self.looks * 1000}
        if self.seen < self.looks:
            return operation(**shown)
        return operation(done=True, **shown, **self.ended)


def test_partition_commands_name_their_partition():
    started = lambda request: {"operation": operation(persist_chunks={"db_name": request.db_name})}
    with FakeServer(PersistPartition=started, CompactPartition=started, DropPartition=lambda _: {}) as fake:
        for command in ("persist", "compact"):
            job = json.loads(done(cli(fake, "database", "partition", command, *PARTITION)).stdout)
            assert (job["id"], job["status"]) == ("7", "Running")
        assert done(cli(fake, "database", "partition", "drop", *PARTITION, "--yes")).stdout == "Ok\n"
        assert [name for name, _ in fake.calls] == ["PersistPartition", "CompactPartition", "DropPartition"]
        for _, request in fake.calls:
            assert [request.db_name, request.partition_key, request.table_name] == PARTITION


def test_wait_follows_the_job_to_its_end():
    with FakeServer(PersistPartition=lambda _: {"operation": operation()}, WaitOperation=Job(3)) as fake:
        ended = json.loads(done(cli(fake, "database", "partition", "persist", *PARTITION, "--wait")).stdout)
        assert ended["status"] == "Complete"
        assert [name for name, _ in fake.calls] == ["PersistPartition"] + 3 * ["WaitOperation"]


def test_a_failed_job_is_an_exit_code():
    with FakeServer(WaitOperation=Job(1, error="the store is full")) as fake:
        ended = done(cli(fake, "operation", "wait", "7"), 1)
        assert json.loads(ended.stdout)["status"] == "Errored"
        assert ended.stderr == "the store is full\n"
    with FakeServer(WaitOperation=Job(1, cancelled=True)) as fake:
        assert json.loads(done(cli(fake, "operation", "wait", "7")).stdout)["status"] == "Cancelled"


def test_progress_is_a_bar_on_a_terminal_only():
    with FakeServer(WaitOperation=Job(20)) as fake:
        quiet = done(cli(fake, "operation", "wait", "7"))
        assert quiet.stderr == ""

    job = Job(1_000_000)
    with FakeServer(WaitOperation=job) as fake, Terminal([binary(), "--host", fake.host, "operation", "wait", "7"]) as terminal:
        terminal.expect("Persisting chunks [")
        terminal.expect(" of 1.00 G rows")
        job.looks = job.seen  # it ends when it was seen
        terminal.expect('"status": "Complete"')
        assert terminal.end() == 0


def test_ctrl_c_ends_the_wait_and_not_the_job():
    with FakeServer(WaitOperation=Job(1_000_000)) as fake, \
            Terminal([binary(), "--host", fake.host, "operation", "wait", "7"]) as terminal:
        terminal.expect("Persisting chunks [")
        terminal.interrupt()
        terminal.expect("job 7 goes on")
        terminal.expect("`magnetite operation cancel 7` ends it")
        assert terminal.end() == 1
        assert {name for name, _ in fake.calls} == {"WaitOperation"}


def test_catalog_commands():
    report = "3 transactions, 2 files\nfile a.parquet is missing\n"
    jobs = {name: lambda request: {"operation": operation()} for name in ("WipePreservedCatalog", "VerifyCatalog", "RebuildCatalog")}
    with FakeServer(**jobs, WaitOperation=Job(1, report=report, error="the catalog is not sound")) as fake:
        assert "Need to pass `--force`" in done(cli(fake, "database", "catalog", "wipe", "home"), 2).stderr
        assert not fake.calls
        assert json.loads(done(cli(fake, "database", "catalog", "wipe", "home", "--force")).stdout)["id"] == "7"
        verified = done(cli(fake, "database", "catalog", "verify", "home", "--wait"), 1)
        assert verified.stdout == report
        assert verified.stderr == "the catalog is not sound\n"
        as_json = done(cli(fake, "database", "catalog", "verify", "home", "--wait", "--format", "json"), 1)
        assert json.loads(as_json.stdout)["report"] == report
        done(cli(fake, "database", "catalog", "rebuild", "home", "--pass-over-unreadable"))
        assert fake.calls[-1][0] == "RebuildCatalog" and fake.calls[-1][1].pass_over_unreadable


def test_delete_keeps_for_as_long_as_is_said():
    with FakeServer(DeleteDatabase=lambda _: {"uuid": UUID, "purge_at": {"seconds": 1700000000}}) as fake:
        deleted = done(cli(fake, "database", "delete", "home", "--yes")).stdout
        assert f"magnetite database restore home --uuid {UUID_TEXT}" in deleted and "2023-11-14T22:13:20" in deleted
        answer = json.loads(done(cli(fake, "database", "delete", "home", "--yes", "--format", "json")).stdout)
        assert answer == {"uuid": UUID_TEXT, "purge_at": "2023-11-14T22:13:20.000000000Z"}
        assert not fake.calls[-1][1].HasField("keep_for")
        for text, seconds in (("72h", 72 * 3600), ("30m", 1800), ("7d", 7 * 86400), ("0", 0), ("90", 90)):
            done(cli(fake, "database", "delete", "home", "--yes", "--keep-for", text))
            assert fake.calls[-1][1].HasField("keep_for") and fake.calls[-1][1].keep_for.seconds == seconds
        done(cli(fake, "database", "delete", "home", "--yes", "--keep-for", "long"), 2)


def test_what_destroys_asks_first():
    with FakeServer(DeleteDatabase=lambda _: {"uuid": UUID}, DropPartition=lambda _: {}) as fake:
        assert "--yes" in done(cli(fake, "database", "delete", "home", stdin=""), 2).stderr
        assert "--yes" in done(cli(fake, "database", "partition", "drop", *PARTITION, stdin=""), 2).stderr
        with Terminal([binary(), "--host", fake.host, "database", "delete", "home"]) as terminal:
            terminal.expect("Delete database home? [y/N]")
            terminal.line("n")
            terminal.expect("nothing was done")
            assert terminal.end() == 1
        assert not fake.calls
        with Terminal([binary(), "--host", fake.host, "database", "delete", "home"]) as terminal:
            terminal.expect("[y/N]")
            terminal.line("y")
            terminal.expect("Deleted home")
            assert terminal.end() == 0


def test_deleted_databases_are_listed_and_restored():
    kept = {"db_name": "home", "uuid": UUID, "deleted_at": {"seconds": 1}, "purge_at": {"seconds": 2}}
    with FakeServer(ListDeletedDatabases=lambda _: {"databases": [kept]}, RestoreDatabase=lambda _: {"uuid": UUID}) as fake:
        assert UUID_TEXT in done(cli(fake, "database", "list", "--deleted")).stdout
        [shown] = json.loads(done(cli(fake, "database", "list", "--deleted", "--format", "json")).stdout)
        assert shown == {"name": "home", "uuid": UUID_TEXT, "deleted_at": "1970-01-01T00:00:01.000000000Z",
                         "purge_at": "1970-01-01T00:00:02.000000000Z"}
        assert done(cli(fake, "database", "restore", "home")).stdout == "Ok\n"
        assert fake.calls[-1][1].uuid == b""
        done(cli(fake, "database", "restore", "home", "--uuid", UUID_TEXT))
        assert fake.calls[-1][1].uuid == UUID
        done(cli(fake, "database", "restore", "home", "--uuid", "home"), 2)


@pytest.mark.parametrize("code, text, words", [
    (grpc.StatusCode.UNAVAILABLE, "databases are loading", ["databases are loading", "wait-server-initialized"]),
    (grpc.StatusCode.NOT_FOUND, "Resource database/home not found", ["Database not found", "`magnetite database list`"]),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, "full", ["full"]),
])
def test_a_refusal_says_what_to_do(code, text, words):
    def refuse(_request):
        raise Refusal(code, text)
    with FakeServer(GetDatabase=refuse) as fake:
        ended = done(cli(fake, "database", "get", "home"), 1)
        for word in words:
            assert word in ended.stderr


def test_an_older_server_is_said_to_be_one():
    def unknown(_request):
        raise Refusal(grpc.StatusCode.UNIMPLEMENTED, "")
    with FakeServer(ListDatabases=unknown) as fake:
        assert "does not know this call" in done(cli(fake, "database", "list"), 1).stderr


def test_wait_initialized_waits_for_databases():
    looks = []

    def status(_request):
        looks.append(1)
        state = 4 if len(looks) > 3 else 3
        return {"server_status": {"initialized": True, "database_statuses": [{"db_name": "home", "state": state}]}}
    with FakeServer(GetServerStatus=status) as fake:
        assert done(cli(fake, "server", "wait-server-initialized")).stdout == "Server initialized.\n"
        assert len(looks) == 4
    with FakeServer(GetServerStatus=lambda _: {"server_status": {"error": {"message": "no store"}}}) as fake:
        late = done(cli(fake, "server", "wait-server-initialized", "-t", "1"), 1)
        assert "not initialized within 1 s: no store" in late.stderr
