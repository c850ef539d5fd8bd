"""The client commands: what they print, and what they say when something is wrong."""
import json
import subprocess

import pytest

from support.server import binary, free_ports, sanitized


@pytest.fixture
def database(shared_server, request):
    return request.node.name.replace("test_", "")[:50]


@pytest.fixture
def server(shared_server):
    return shared_server


def test_create_list_and_get(server, database):
    created = server.cli("database", "create", database)
    assert (created.returncode, created.stdout) == (0, "Ok\n"), created.stderr
    listed = server.cli("database", "list")
    assert database in listed.stdout.splitlines()
    rules = json.loads(server.cli("database", "get", database).stdout)
    assert rules["name"] == database
    assert rules["lifecycleRules"]["lateArriveWindowSeconds"] == 300
    assert "partitionTemplate" in rules


def test_options_of_create_arrive_in_the_rules(server, database):
    created = server.cli("database", "create", database, "--late-arrive-window-seconds", "17", "--persist-row-threshold", "12345",
                         "--catalog-transactions-until-checkpoint", "7", "--skip-persist")
    assert created.returncode == 0, created.stderr
    rules = json.loads(server.cli("database", "get", database).stdout)["lifecycleRules"]
    assert rules["lateArriveWindowSeconds"] == 17
    assert rules["persistRowThreshold"] == 12345
    assert rules["catalogTransactionsUntilCheckpoint"] == 7
    assert rules["persist"] is False


def test_write_and_query_in_every_format(server, database, tmp_path):
    assert server.cli("database", "create", database).returncode == 0
    file = tmp_path / "some.lp"
    file.write_text("m,t=a v=1i 1700000000000000000\nm,t=b v=2i 1700000000000000001\n", encoding="ascii")
    written = server.cli("database", "write", database, str(file))
    assert (written.returncode, written.stdout) == (0, "2 Lines OK\n"), written.stderr
    sql = "SELECT t, v FROM m ORDER BY v"
    pretty = server.cli("database", "query", database, sql)
    assert pretty.returncode == 0, pretty.stderr
    assert "| t | v |" in pretty.stdout.splitlines()
    assert "| a | 1 |" in pretty.stdout.splitlines()
    assert server.cli("database", "query", database, sql, "-f", "csv").stdout.splitlines() == ["t,v", "a,1", "b,2"]
    assert json.loads(server.cli("database", "query", database, sql, "--format", "json").stdout) == [
        {"t": "a", "v": 1}, {"t": "b", "v": 2}]


def test_host_may_stand_before_or_after(server, database):
    assert server.cli("database", "create", database).returncode == 0
    after = subprocess.run([binary(), "database", "list", "--host", server.grpc], capture_output=True, text=True, timeout=60,
                           check=False)
    assert database in after.stdout.splitlines(), after.stderr


def test_large_file_is_written_whole(server, database, tmp_path):
    lines = 30_000 if sanitized() else 300_000
    assert server.cli("database", "create", database).returncode == 0
    file = tmp_path / "large.lp"
    with open(file, "w", encoding="ascii") as out:
        for i in range(lines):
            out.write(f"m,t=tag{i % 100} v={i}i,w={i}.5 {1_700_000_000_000_000_000 + i}\n")
    written = server.cli("database", "write", database, str(file))
    assert written.returncode == 0, written.stderr
    assert written.stdout.splitlines()[-1] == f"{lines} Lines OK"
    assert server.value(database, "SELECT count(*) FROM m") == lines


def failure(result, *words):
    assert result.returncode != 0
    for word in words:
        assert word in result.stderr, result.stderr
    assert "terminate" not in result.stderr


def test_wrong_input_gets_a_clear_error_and_exit_code(server, database, tmp_path):
    assert server.cli("database", "create", database).returncode == 0
    failure(server.cli("database", "create", database), database)
    failure(server.cli("database", "create", ""))
    failure(server.cli("database", "get", "nowhere"), "nowhere")
    failure(server.cli("database", "query", "nowhere", "SELECT 1"), "nowhere")
    failure(server.cli("database", "query", database, "SELECT * FROM missing_table"), "missing_table")
    failure(server.cli("database", "query", database, "SELEC 1"))
    failure(server.cli("database", "query", database, "SELECT 1", "-f", "yaml"))
    failure(server.cli("database", "write", database, str(tmp_path / "missing.lp")), "missing.lp")
    bad = tmp_path / "bad.lp"
    bad.write_text("m v=1i 1\nm v=\n", encoding="ascii")
    failure(server.cli("database", "write", database, str(bad)), "2")
    failure(server.cli("database"))
    failure(server.cli("no-such-command"))


def test_no_server_is_said_clearly(server):
    port = free_ports(1)[0]
    failure(server.cli("database", "list", host=f"http://127.0.0.1:{port}"), str(port))


def run(*arguments):
    return subprocess.run([binary(), "run", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_run_refuses_wrong_settings(server, tmp_path):
    failure(run("--server-id", "0"))
    failure(run("--server-id", "1", "--object-store", "cupboard"))
    failure(run("--server-id", "1", "--object-store", "file", "--data-dir", str(tmp_path), "--wal-sync", "sometimes"))
    taken = run("--server-id", "1", "--object-store", "file", "--data-dir", str(tmp_path),
                "--api-bind", f"127.0.0.1:{server.http_port}", "--grpc-bind", "127.0.0.1:0")
    failure(taken, str(server.http_port))


def test_data_folder_of_a_running_server_is_not_shared(server):
    http, grpc = free_ports(2)
    second = run("--server-id", "1", "--object-store", "file", "--data-dir", str(server.data),
                 "--api-bind", f"127.0.0.1:{http}", "--grpc-bind", f"127.0.0.1:{grpc}")
    failure(second)


def test_help_and_version():
    assert subprocess.run([binary(), "--help"], capture_output=True, timeout=60, check=False).returncode == 0
    version = subprocess.run([binary(), "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert version.returncode == 0
    assert version.stdout.strip()
