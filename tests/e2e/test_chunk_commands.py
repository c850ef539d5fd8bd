"""Commands about chunks, partitions and jobs, over the management API, and the system tables beside them."""
import json
import pathlib
import time

import pytest

from support.server import Server

LINES = "cpu,host=a v=1i 10\ncpu,host=b v=2i 20\nmem,host=a v=3i 30\n"
KEY = "1970-01-01 00:00:00"
CLOSED = ("ClosedMutableBuffer", "ReadBuffer")  # the policy soon makes the image of a closed chunk


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def database(server, request, tmp_path):
    name = request.node.name.replace("test_", "")[:50]
    assert server.cli("database", "create", name).returncode == 0
    file = tmp_path / "lines.lp"
    file.write_text(LINES, encoding="ascii")
    assert server.cli("database", "write", name, str(file)).returncode == 0
    return name


def answer(server, *command):
    done = server.cli(*command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(server, *command):
    done = server.cli(*command)
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    return done.stderr


def chunk_of(server, database, table):
    [chunk] = [each for each in answer(server, "database", "chunk", "list", database) if each["table_name"] == table]
    return chunk


def close(server, database, table):
    chunk = chunk_of(server, database, table)
    operation = answer(server, "database", "partition", "close-chunk", database, KEY, table, str(chunk["id"]))
    return answer(server, "operation", "wait", operation["id"])


def test_chunks_are_listed_as_they_are(server, database):
    chunks = answer(server, "database", "chunk", "list", database)
    assert [(each["table_name"], each["partition_key"], each["storage"], each["row_count"]) for each in chunks] == [
        ("cpu", KEY, "OpenMutableBuffer", 2), ("mem", KEY, "OpenMutableBuffer", 1)]
    for chunk in chunks:
        assert chunk["lifecycle_action"] is None
        assert chunk["estimated_bytes"] > 0
        assert chunk["time_of_first_write"].startswith("20")
        assert chunk["time_closed"] is None
    assert answer(server, "database", "partition", "list-chunks", database, KEY) == chunks
    assert answer(server, "database", "partition", "list-chunks", database, "another") == []


def test_partitions_are_listed(server, database):
    assert answer(server, "database", "partition", "list", database) == [KEY]
    assert answer(server, "database", "partition", "get", database, KEY) == {"key": KEY}
    assert "Partition not found" in refusal(server, "database", "partition", "get", database, "another")


def test_new_chunk_rolls_the_open_one_over(server, database, tmp_path):
    done = server.cli("database", "partition", "new-chunk", database, KEY, "cpu")
    assert (done.returncode, done.stdout) == (0, "Ok\n"), done.stderr
    assert chunk_of(server, database, "cpu")["storage"] in CLOSED
    more = tmp_path / "more.lp"
    more.write_text("cpu,host=a v=9i 40\n", encoding="ascii")
    assert server.cli("database", "write", database, str(more)).returncode == 0
    storages = [each["storage"] for each in answer(server, "database", "chunk", "list", database) if each["table_name"] == "cpu"]
    assert storages[0] in CLOSED and storages[1:] == ["OpenMutableBuffer"]


def test_close_chunk_is_a_job_and_keeps_the_id(server, database):
    before = chunk_of(server, database, "cpu")
    ended = close(server, database, "cpu")
    assert ended["status"] == "Complete"
    assert ended["job"] == {"CloseChunk": {"db_name": database, "partition_key": KEY, "table_name": "cpu", "chunk_id": before["id"]}}
    after = chunk_of(server, database, "cpu")
    assert (after["id"], after["storage"], after["row_count"]) == (before["id"], "ReadBuffer", 2)
    assert after["time_closed"].startswith("20")
    again = refusal(server, "database", "partition", "close-chunk", database, KEY, "cpu", str(before["id"]))
    assert "wrong chunk lifecycle" in again


def test_an_unpersisted_chunk_is_not_unloaded(server, database):
    close(server, database, "cpu")
    chunk = chunk_of(server, database, "cpu")
    assert "wrong chunk lifecycle" in refusal(server, "database", "partition", "unload-chunk", database, KEY, "cpu", str(chunk["id"]))
    assert chunk_of(server, database, "cpu")["storage"] == "ReadBuffer"


def test_a_persisted_chunk_is_unloaded_and_stays_queryable(server, request, tmp_path):
    name = request.node.name.replace("test_", "")[:50]
    assert server.cli("database", "create", name, "--late-arrive-window-seconds", "1").returncode == 0
    file = tmp_path / "lines.lp"
    file.write_text(LINES, encoding="ascii")
    assert server.cli("database", "write", name, str(file)).returncode == 0
    wait_for_storage(server, name, "cpu", "ReadBufferAndObjectStore")
    chunk = chunk_of(server, name, "cpu")
    done = server.cli("database", "partition", "unload-chunk", name, KEY, "cpu", str(chunk["id"]))
    assert (done.returncode, done.stdout) == (0, "Ok\n"), done.stderr
    assert chunk_of(server, name, "cpu")["storage"] == "ObjectStoreOnly"
    rows = server.cli("database", "query", name, "SELECT host, v FROM cpu ORDER BY v", "-f", "csv").stdout.splitlines()
    assert rows == ["host,v", "a,1", "b,2"]
    persisted = server.cli("database", "query", name, "SELECT status, table_name FROM system.operations WHERE description LIKE 'Persisting%' "
                           "AND table_name = 'cpu'", "-f", "csv").stdout.splitlines()
    assert persisted == ["status,table_name", "Complete,cpu"]


def test_the_statements_of_the_documentation_run(server, database):
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/system_tables.md").read_text(encoding="utf-8")
    statements = [each for each in text.split("```sql\n")[1].split("```")[0].split(";\n") if each.strip()]
    assert len(statements) == 3
    for statement in statements:
        done = server.cli("database", "query", database, statement, "-f", "csv")
        assert done.returncode == 0, done.stderr
    waiting = server.cli("database", "query", database, statements[0], "-f", "csv").stdout.splitlines()
    assert sorted(waiting) == ["cpu,2", "mem,1", "table_name,rows"]


def wait_for_storage(server, name, table, storage):
    for _ in range(600):
        if chunk_of(server, name, table)["storage"] == storage:
            return
        time.sleep(0.1)
    pytest.fail(f"{table} of {name} did not become {storage}: {chunk_of(server, name, table)}")


@pytest.mark.parametrize("command", [
    ("chunk", "list"),
    ("partition", "list"),
    ("partition", "get", KEY),
    ("partition", "list-chunks", KEY),
    ("partition", "new-chunk", KEY, "cpu"),
    ("partition", "close-chunk", KEY, "cpu", "0"),
    ("partition", "unload-chunk", KEY, "cpu", "0"),
])
def test_an_unknown_database_is_named(server, command):
    message = refusal(server, "database", command[0], command[1], "nowhere", *command[2:])
    assert "Database not found" in message
    assert "Resource database/nowhere not found" in message


@pytest.mark.parametrize("command", ["close-chunk", "unload-chunk"])
def test_what_is_missing_is_named(server, database, command):
    place = ["database", "partition", command, database]
    assert "Resource table/non_existing not found" in refusal(server, *place, KEY, "non_existing", "0")
    assert "Resource partition/cpu:another not found" in refusal(server, *place, "another", "cpu", "0")
    assert f"Resource chunk/cpu:{KEY}:77 not found" in refusal(server, *place, KEY, "cpu", "77")


def test_operations_are_listed_awaited_and_cancelled(server):
    started = answer(server, "operation", "test", "1", "600000000000")
    assert started["job"] == {"Dummy": {"nanos": [1, 600000000000]}}
    seen = answer(server, "operation", "wait", started["id"], "300000000")
    for _ in range(100):
        if seen["pending_count"] == 1:
            break
        seen = answer(server, "operation", "wait", started["id"], "100000000")
    assert (seen["status"], seen["task_count"], seen["pending_count"]) == ("Running", 2, 1)
    assert seen["wall_time"] == {"secs": 0, "nanos": 0}
    assert started["id"] in [each["id"] for each in answer(server, "operation", "list")]
    done = server.cli("operation", "cancel", started["id"])
    assert (done.returncode, done.stdout) == (0, "Ok\n"), done.stderr
    ended = answer(server, "operation", "wait", started["id"])
    assert (ended["status"], ended["pending_count"]) == ("Cancelled", 0)
    assert ended["wall_time"] != {"secs": 0, "nanos": 0}
    assert answer(server, "operation", "get", started["id"]) == ended


def test_wrong_operations_are_refused(server):
    assert "Resource job/99999999 not found" in refusal(server, "operation", "get", "99999999")
    assert "is not the number of an operation" in refusal(server, "operation", "wait", "x")


def test_a_server_gets_its_id_once(tmp_path):
    with Server(tmp_path / "data", server_id=None) as fresh:
        assert "no id yet" in refusal(fresh, "server", "get")
        assert "Writer ID must be set" in refusal(fresh, "database", "chunk", "list", "any")
        done = fresh.cli("server", "set", "32")
        assert (done.returncode, done.stdout) == (0, "Ok\n"), done.stderr
        assert answer(fresh, "server", "get") == 32
        assert "id already set" in refusal(fresh, "server", "set", "42")
