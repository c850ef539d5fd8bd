"""--format json of each command, exit codes, and the commands about rules, remotes and the server."""
import json
import subprocess

import pyarrow.parquet
import pytest

from support.server import Server, binary, free_ports


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def database(server, request):
    name = request.node.name.replace("test_", "")[:50]
    assert server.cli("database", "create", name).returncode == 0
    return name


def as_json(server, *command, **options):
    done = server.cli(*command, "--format", "json", **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_command_prints_json_when_asked(server, database):
    assert as_json(server, "database", "create", database + "2") == "Ok"
    assert database in as_json(server, "database", "list")
    assert as_json(server, "database", "get", database)["name"] == database
    assert as_json(server, "database", "update", database, "--persist-row-threshold", "5") == "Ok"
    assert as_json(server, "database", "write", database, "-", stdin="m v=1i 10\n") == {"lines": 1}
    assert as_json(server, "database", "query", database, "SELECT v FROM m") == [{"v": 1}]
    assert [each["table_name"] for each in as_json(server, "database", "chunk", "list", database)] == ["m"]
    key = "1970-01-01 00:00:00"
    assert as_json(server, "database", "partition", "list", database) == [key]
    assert as_json(server, "database", "partition", "get", database, key) == {"key": key}
    assert len(as_json(server, "database", "partition", "list-chunks", database, key)) == 1
    assert as_json(server, "database", "partition", "new-chunk", database, key, "m") == "Ok"
    job = as_json(server, "operation", "test", "1")
    assert as_json(server, "operation", "wait", job["id"])["status"] == "Complete"
    assert as_json(server, "operation", "get", job["id"])["id"] == job["id"]
    assert job["id"] in [each["id"] for each in as_json(server, "operation", "list")]
    long = as_json(server, "operation", "test", "600000000000")
    assert as_json(server, "operation", "cancel", long["id"]) == "Ok"
    assert as_json(server, "server", "get") == 1
    assert as_json(server, "server", "wait-server-initialized") == "Server initialized."


def test_formats_of_queries_are_not_for_other_commands(server, database):
    refused = server.cli("database", "list", "-f", "csv")
    assert refused.returncode == 2 and "pretty or json" in refused.stderr
    assert server.cli("database", "query", database, "SELECT 1 AS x", "-f", "jsonl").stdout == '{"x":1}\n'


def test_a_query_makes_a_parquet_file(server, database):
    file = subprocess.run([binary(), "-h", server.grpc, "database", "query", database, "SELECT 41 + 1 AS x", "-f", "parquet"],
                          capture_output=True, timeout=60, check=True).stdout
    assert pyarrow.parquet.read_table(pyarrow.BufferReader(file)).to_pylist() == [{"x": 42}]
    assert server.cli("sql", database, "-c", "SELECT 1", "-f", "parquet").returncode == 1


def test_the_format_may_stand_before_the_command(server, database):
    before = subprocess.run([binary(), "-f", "csv", "-h", server.grpc, "database", "query", database, "SELECT 1 AS x"],
                            capture_output=True, text=True, timeout=60, check=False)
    assert before.stdout == "x\n1\n", before.stderr


def test_exit_codes_say_what_kind_of_failure_it_was(server):
    assert server.cli("database", "get", "nowhere").returncode == 1
    assert server.cli("database", "list", "--no-such-option").returncode == 2
    assert server.cli("database").returncode == 2
    assert server.cli("database", "query", "a", "b", "-f", "yaml").returncode == 2
    away = f"http://127.0.0.1:{free_ports(1)[0]}"
    for command in (["database", "list"], ["database", "query", "a", "SELECT 1"], ["operation", "wait", "1"], ["sql", "a", "-c", "SELECT 1"]):
        unreachable = server.cli(*command, host=away)
        assert unreachable.returncode == 3, unreachable.stderr
        assert f"Error connecting to {away}" in unreachable.stderr
        assert "is the server running? --host or MAGNETITE_ADDR" in unreachable.stderr
    assert server.cli("database", "list", host="127.0.0.1:1").returncode == 1
    assert server.cli("server", "wait-server-initialized", "-t", "1", host=away).returncode == 3
    for words in (["--help"], ["database", "--help"], ["--version"]):
        assert server.cli(*words).returncode == 0
    text = server.cli("--help").stdout
    assert "2 wrong usage; 3 the server cannot be reached" in text


def test_update_changes_only_what_is_given(server, database):
    def rules():
        return as_json(server, "database", "get", database)
    before = rules()
    done = server.cli("database", "update", database, "--persist-row-threshold", "777", "--skip-persist")
    assert (done.returncode, done.stdout) == (0, "Ok\n"), done.stderr
    expected = json.loads(json.dumps(before))
    expected["lifecycleRules"]["persistRowThreshold"] = 777
    expected["lifecycleRules"]["persist"] = False
    assert rules() == expected
    assert server.cli("database", "update", database, "--persist", "--persist-row-threshold",
                      str(before["lifecycleRules"]["persistRowThreshold"])).returncode == 0
    assert rules() == before
    unknown = server.cli("database", "update", "nowhere", "--persist")
    assert unknown.returncode == 1 and "Database not found" in unknown.stderr


def test_remotes_come_and_go(server):
    assert server.cli("server", "remote", "list").stdout == "no remotes configured\n"
    assert as_json(server, "server", "remote", "list") == []
    done = server.cli("server", "remote", "set", "7", "http://192.0.2.7:8082")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    listed = server.cli("server", "remote", "list").stdout
    assert "| ID | Connection string" in listed and "| 7  | http://192.0.2.7:8082 |" in listed
    assert as_json(server, "server", "remote", "list") == [{"id": 7, "connection_string": "http://192.0.2.7:8082"}]
    assert server.cli("server", "remote", "remove", "7").stdout == ""
    assert server.cli("server", "remote", "list").stdout == "no remotes configured\n"
    assert server.cli("server", "remote", "remove", "7").returncode == 1


def test_wait_server_initialized_outlasts_a_start(tmp_path):
    fresh = Server(tmp_path)
    with subprocess.Popen([binary(), "--host", fresh.grpc, "server", "wait-server-initialized", "-t", "60"],
                          stdout=subprocess.PIPE, text=True) as waiting, fresh:
        assert waiting.communicate(timeout=60)[0] == "Server initialized.\n"
        assert waiting.returncode == 0
