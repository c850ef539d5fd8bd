"""Where options come from: flags, the environment, .env, a TOML file; and that the server finds its id in each of them."""
import os
import subprocess

import pytest

from support.server import Server, binary


def show(folder, *flags, environment=None):
    ended = subprocess.run([binary(), "config", "show", *flags], cwd=folder, capture_output=True, text=True, timeout=60,
                           env={"PATH": os.environ["PATH"], **(environment or {})}, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return {line.split()[0]: line.split(maxsplit=2)[1:] for line in ended.stdout.splitlines()}


def test_each_value_says_where_it_comes_from(tmp_path):
    (tmp_path / ".env").write_text("MAGNETITE_ID=2\nINFLUXDB_IOX_BUCKET=dotted\nMAGNETITE_LOG_BYTES_MAX=1gb\n")
    (tmp_path / "m.toml").write_text('server-id = 3\nwal-sync = "interval=10ms"\nsequencers = 4\nskip-replay = true\n')
    shown = show(tmp_path, "--config", "m.toml", "--data-dir=flagged", environment={
        "MAGNETITE_SEQUENCERS": "5", "INFLUXDB_IOX_BIND_ADDR": "127.0.0.1:1", "AWS_SECRET_ACCESS_KEY": "hidden"})
    assert shown["data-dir"] == ["flagged", "flag"]
    assert shown["sequencers"] == ["5", "environment (MAGNETITE_SEQUENCERS)"]
    assert shown["api-bind"] == ["127.0.0.1:1", "environment (INFLUXDB_IOX_BIND_ADDR)"]
    assert shown["server-id"] == ["2", ".env"]
    assert shown["bucket"] == ["dotted", ".env (INFLUXDB_IOX_BUCKET)"]
    assert shown["wal-sync"] == ["interval=10ms", "m.toml"]
    assert shown["skip-replay"] == ["true", "m.toml"]
    assert shown["object-store"] == ["file", "default"]
    assert shown["aws-secret-access-key"][0] == "***"


@pytest.mark.parametrize("file, text, part", [
    (".env", "MAGNETITE_ID", ".env: line 1"), ("m.toml", "server_id = 3", "server_id"), ("m.toml", "[run]\nserver-id = 3", "server-id"),
    ("m.toml", "server-id = 0", "server-id"), ("m.toml", "wal-sync = 'maybe'", "maybe")])
def test_what_makes_no_sense_is_named(tmp_path, file, text, part):
    (tmp_path / file).write_text(text)
    flags = ["--config", "m.toml"] if file == "m.toml" else []
    ended = subprocess.run([binary(), "run", "--object-store", "memory", *flags], cwd=tmp_path, capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode != 0 and part in ended.stdout + ended.stderr, ended.stdout + ended.stderr


def test_a_file_that_is_not_there_is_named(tmp_path):
    ended = subprocess.run([binary(), "run", "--config", "nowhere.toml"], cwd=tmp_path, capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode == 1 and "nowhere.toml" in ended.stderr


@pytest.mark.parametrize("source", ["flag", "environment", "old name", ".env", "file", "call"])
def test_the_server_finds_its_id(tmp_path, source):
    server = Server(tmp_path, server_id=None, working_folder=tmp_path)
    if source == "flag":
        server.options += ["--server-id", "7"]
    elif source == "environment":
        server.environment["MAGNETITE_ID"] = "7"
    elif source == "old name":
        server.environment["INFLUXDB_IOX_ID"] = "7"
    elif source == ".env":
        (tmp_path / ".env").write_text("MAGNETITE_ID=7\n")
    elif source == "file":
        (tmp_path / "m.toml").write_text("server-id = 7\n")
        server.options += ["--config", "m.toml"]
    with server:
        if source == "call":
            assert server.cli("server", "get").returncode == 1
            assert server.cli("server", "set", "7").stdout == "Ok\n"
        assert server.cli("server", "get").stdout == "7\n"
        server.wait_state("ready")
        server.write_ok("db", "m v=1 1")
