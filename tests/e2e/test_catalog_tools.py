"""A catalog that cannot be read: reported, isolated, checked and made anew, and nothing is lost on the way."""
import subprocess
import time

import pytest
import requests

from support.server import Server, binary

ROWS = "host,v\na,1\nb,2\nc,3\n"


def tool(server, *arguments):
    command = [binary(), "catalog", *arguments, "--data-dir", str(server.data), "--object-store", "file"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def rows(server, database):
    answer = requests.get(server.http + "/api/v3/query_sql", timeout=60,
                          params={"db": database, "q": "SELECT host, v FROM cpu ORDER BY v", "format": "csv"})
    return answer.text


def write(server, database, lines):
    answer = requests.post(server.http + "/api/v3/write_lp", params={"db": database}, data=lines, timeout=60)
    assert answer.status_code == 204, answer.text


@pytest.fixture
def stopped(tmp_path):
    """A server, not running, with two persisted rows and one that only the log has."""
    server = Server(tmp_path)
    server.start()
    assert server.cli("database", "create", "db", "--late-arrive-window-seconds", "1").returncode == 0
    write(server, "db", "cpu,host=a v=1i 10\ncpu,host=b v=2i 20")
    for _ in range(600):
        shown = server.cli("database", "query", "db", "SELECT storage FROM system.chunks", "-f", "csv").stdout
        if "ObjectStore" in shown:
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"not persisted: {shown}")
    write(server, "db", "cpu,host=c v=3i 30")
    write(server, "other", "cpu,host=z v=9i 10")
    assert rows(server, "db") == ROWS
    server.kill9()
    yield server
    server.stop()


def catalog_objects(server):
    return sorted(path for path in server.data.glob("store/1/db/*/catalog/*/*"))


def test_a_sound_catalog_is_shown_and_checked(stopped):
    verified = tool(stopped, "verify", "db")
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout
    assert "sound" in verified.stdout
    dumped = tool(stopped, "dump", "db")
    assert dumped.returncode == 0, dumped.stderr
    assert "add table 'cpu' partition '1970-01-01 00:00:00'" in dumped.stdout
    stopped.start()
    assert rows(stopped, "db") == ROWS


def test_a_damaged_catalog_is_isolated_and_made_anew(stopped):
    for path in catalog_objects(stopped):
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    before = {path: path.read_bytes() for path in stopped.data.glob("store/**/*") if path.is_file()}

    stopped.start()
    [status] = [each for each in requests.get(stopped.http + "/api/v1/status", timeout=60).json()["databases"]
                if each["name"] == "db"]
    assert "magnetite catalog rebuild" in status["error"]
    assert rows(stopped, "other") == "host,v\nz,9\n"
    refused = requests.post(stopped.http + "/api/v3/write_lp", params={"db": "db"}, data="cpu v=1i 1", timeout=60)
    assert refused.status_code >= 400
    stopped.stop()
    for path, content in before.items():
        if "/db/" in str(path):
            assert path.read_bytes() == content, "nothing of it may be touched"

    verified = tool(stopped, "verify", "db")
    assert verified.returncode == 1
    assert "magnetite catalog rebuild" in verified.stdout
    assert "--server-is-stopped" in tool(stopped, "rebuild", "db").stderr
    rebuilt = tool(stopped, "rebuild", "db", "--server-is-stopped")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "1 files are in the new one" in rebuilt.stdout
    assert tool(stopped, "verify", "db").returncode == 0
    assert any(stopped.data.glob("store/1/db/*/catalog-set-aside/*/transactions/*"))
    stopped.start()
    assert rows(stopped, "db") == ROWS
    write(stopped, "db", "cpu,host=d v=4i 40")
    assert rows(stopped, "db") == ROWS + "d,4\n"


def test_a_file_that_cannot_be_read_is_passed_over_only_when_told(stopped):
    [file] = stopped.data.glob("store/1/db/*/data/**/*.parquet")
    content = file.read_bytes()
    file.write_bytes(content[:-4] + b"gone")
    refused = tool(stopped, "rebuild", "db", "--server-is-stopped")
    assert refused.returncode == 1
    assert file.name in refused.stderr
    passed = tool(stopped, "rebuild", "db", "--server-is-stopped", "--pass-over-unreadable")
    assert passed.returncode == 0, passed.stderr
    assert f"passed over: {file.relative_to(stopped.data / 'store')}" in passed.stdout
    assert file.exists()


def test_rebuilding_beside_a_server_is_refused(stopped):
    stopped.start()
    refused = tool(stopped, "rebuild", "db", "--server-is-stopped")
    assert refused.returncode == 1
    assert "lock" in refused.stderr.lower() or "in use" in refused.stderr.lower(), refused.stderr
    assert rows(stopped, "db") == ROWS


def test_an_unknown_database_is_named(stopped):
    for command in ("dump", "verify", "rebuild"):
        done = tool(stopped, command, "nowhere", *(["--server-is-stopped"] if command == "rebuild" else []))
        assert done.returncode == 1
        assert "server 1 has no database 'nowhere'" in done.stderr
