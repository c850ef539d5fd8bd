"""What the HTTP edge does with requests that libraries do not send, and with bad input by name."""
import json
import pathlib
import socket
import time
import uuid

import pyarrow
import pytest
import requests

from support.raw_http import Connection, chunked, request, zipped
from support.server import sanitized

WRITE = "/api/v3/write_lp?db="
MEBIBYTE = 1 << 20


@pytest.fixture
def database():
    return "d" + uuid.uuid4().hex[:12]


@pytest.fixture
def server(shared_server):
    yield shared_server
    assert shared_server.process.poll() is None, shared_server.log()[-4000:]


def count(server, database, table="m"):
    return server.value(database, f"SELECT count(*) FROM {table}")


def exists(server, database):
    answer = requests.get(server.http + "/query", params={"q": "SHOW DATABASES"}, timeout=30).json()
    return [database] in answer["results"][0]["series"][0].get("values", [])


# --- the connection

def test_pipelined_requests_are_answered_in_order(server, database):
    with Connection(server) as connection:
        data = b"".join(request(WRITE + database, f"m v={i}i {i + 1}") for i in range(20))
        data += request(f"/api/v3/query_sql?db={database}&q=select+sum(v)+as+s+from+m", method="GET")
        connection.send(data + request("/nowhere", method="GET") + request(WRITE + database, "m v=1i 100"))
        assert [connection.read_answer().status for _ in range(20)] == [204] * 20
        assert connection.read_answer().json() == [{"s": sum(range(20))}]
        assert connection.read_answer().status == 404
        assert connection.read_answer().status == 204
    assert count(server, database) == 21


def test_body_waits_for_100_continue(server, database):
    body = b"m v=1i 1"
    with Connection(server) as connection:
        head = f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
        assert connection.ask(head).status == 100
        assert connection.ask(body).status == 204
    assert count(server, database) == 1


def test_upgrade_to_h2c_is_ignored(server, database):
    upgrade = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]
    with Connection(server) as connection:
        for i in range(3):
            assert connection.ask(request(WRITE + database, f"m v=1i {i}", headers=upgrade)).status == 204
    assert count(server, database) == 3


def test_request_byte_by_byte(server, database):
    with Connection(server) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(WRITE + database, "m v=1i 1"):
            connection.send(bytes([byte]))
        assert connection.read_answer().status == 204


def test_connection_close_is_honoured(server, database):
    with Connection(server) as connection:
        assert connection.ask(request(WRITE + database, "m v=1i 1", headers=["Connection: close"])).status == 204
        assert connection.read_answer() is None


def test_garbage_is_no_request(server):
    with Connection(server) as connection:
        answer = connection.ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 nonsense\r\n\r\n")
        assert answer is None or answer.status == 400


def test_hundreds_of_idle_connections_are_in_nobodys_way(server, database):
    idle = [Connection(server) for _ in range(300)]
    for connection in idle[::2]:
        connection.send(f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nm v=")
    server.write_ok(database, "m v=1i 1")
    for connection in idle:
        connection.close()
    server.write_ok(database, "m v=1i 2")
    assert count(server, database) == 2


# --- bodies

def test_chunked_body_in_odd_pieces(server, database):
    text = "".join(f"m,t=a v={i}i {i}\n" for i in range(1000)).encode()
    pieces = [text[i:i + 7] for i in range(0, len(text), 7)]
    with Connection(server) as connection:
        assert connection.ask(chunked(WRITE + database, pieces)).status == 204
        assert connection.ask(request(WRITE + database, "m,t=a v=1i 5000")).status == 204
    assert count(server, database) == 1001


def test_gzip_of_several_members(server, database):
    body = zipped("m v=1i 1\nm v=2i 2\n") + zipped("m v=3i 3\nm v") + zipped("=4i 4")
    with Connection(server) as connection:
        assert connection.ask(request(WRITE + database, body, headers=["Content-Encoding: gzip"])).status == 204
        pieces = [body[i:i + 5] for i in range(0, len(body), 5)]
        assert connection.ask(chunked(WRITE + database + "x", pieces, headers=["Content-Encoding: gzip"])).status == 204
    assert count(server, database) == 4
    assert count(server, database + "x") == 4


def test_zstd(server, database):
    body = pyarrow.compress(b"m v=1i 1\nm v=2i 2", codec="zstd", asbytes=True)
    with Connection(server) as connection:
        assert connection.ask(request(WRITE + database, body, headers=["Content-Encoding: zstd"])).status == 204
    assert count(server, database) == 2


@pytest.mark.parametrize("encoding,body", [
    ("gzip", zipped("m v=1i 1" * 100)[:-9]),
    ("gzip", zipped("m v=1i 1")[:-5] + b"12345"),
    ("gzip", b"m v=1i 1"),
    ("zstd", b"m v=1i 1"),
    ("br", b"m v=1i 1"),
])
def test_bodies_that_cannot_be_decompressed(server, database, encoding, body):
    with Connection(server) as connection:
        answer = connection.ask(request(WRITE + database, body, headers=[f"Content-Encoding: {encoding}"]))
        assert answer.status == 400
        assert answer.json()["error"]
    assert not exists(server, database)


def test_gzip_bomb_is_refused_before_it_unfolds(server, database):
    line = b"m v=1i 1\n"
    bomb = zipped(line * (100 * MEBIBYTE // len(line)))
    assert len(bomb) < MEBIBYTE
    bomb = bomb * 30  # three gigabytes
    with Connection(server) as connection:
        answer = connection.ask(request(WRITE + database, bomb, headers=["Content-Encoding: gzip"]))
        assert answer.status == 413
    assert not exists(server, database)
    if not sanitized():
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
        peak_kib = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        assert peak_kib < 1024 * 1024


def test_too_large_is_said_before_the_body_is_read(server, database):
    with Connection(server) as connection:
        head = f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n\r\n"
        assert connection.ask(head).status == 413
    with Connection(server) as connection:
        head = f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {1 << 40}\r\n\r\n"
        assert connection.ask(head).status == 413


def test_chunked_body_without_end_is_refused_at_the_limit(server, database):
    piece = b"m v=1i 1\n" * (MEBIBYTE // 9)
    with Connection(server) as connection:
        connection.send(f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(200):
                connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        except OSError:
            pass  # refused and closed while we were sending
        try:
            answer = connection.read_answer()
            assert answer is None or answer.status == 413
        except ConnectionError:
            pass
    assert not exists(server, database)


def test_body_that_ends_half_way_stores_nothing(server, database):
    with Connection(server) as connection:
        connection.send(f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nm v=1i 1\nm v=2i 2\n")
        connection.end_of_sending()
        answer = connection.read_answer()
        assert answer is None or answer.status == 400
    with Connection(server) as connection:
        connection.send(f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nm v=1i 1\r\n")
    server.write_ok(database + "x", "m v=1i 1")
    assert not exists(server, database)


def test_length_that_is_too_short_cuts_there_and_nothing_else_is_taken_for_data(server, database):
    with Connection(server) as connection:
        body = "m v=1i 1\n" + "m v=2i 2222222222222\n" * 3
        connection.send(f"POST {WRITE}{database} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{body}\r\n\r\n")
        assert connection.read_answer().status == 204
        answer = connection.read_answer()
        assert answer is None or answer.status == 400
    assert count(server, database) == 1


def test_empty_body(server, database):
    with Connection(server) as connection:
        assert connection.ask(request(WRITE + database, "")).status in (204, 400)
        assert connection.ask(request(WRITE + database, "m v=1i 1")).status == 204


# --- parameters

PRECISIONS = [
    ("/api/v3/write_lp", ["auto", "second", "s", "millisecond", "ms", "microsecond", "us", "u", "nanosecond", "ns", "n"]),
    ("/api/v2/write", ["s", "ms", "us", "u", "ns", "n"]),
    ("/write", ["s", "ms", "us", "u", "ns", "n"]),
]
SECOND = 1_700_000_000
FACTORS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def unit_of(precision):
    long_names = {"auto": "ns", "second": "s", "millisecond": "ms", "microsecond": "us", "u": "us", "nanosecond": "ns", "n": "ns"}
    return long_names.get(precision, precision)


@pytest.mark.parametrize("path,precision", [(path, one) for path, precisions in PRECISIONS for one in precisions])
def test_every_spelling_of_precision_means_the_same_instant(server, database, path, precision):
    stamp = SECOND * FACTORS[unit_of(precision)]
    server.write_ok(database, f"m v=1i {stamp}", path=path, precision=precision)
    assert server.value(database, "SELECT epoch_ns(time) FROM m") == SECOND * 1_000_000_000


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_automatic_precision_goes_by_size(server, database, unit):
    server.write_ok(database, f"m v=1i {SECOND * FACTORS[unit]}", precision="auto")
    assert server.value(database, "SELECT epoch_ns(time) FROM m") == SECOND * 1_000_000_000


@pytest.mark.parametrize("path", ["/api/v3/write_lp", "/api/v2/write", "/write"])
def test_wrong_parameters_are_named(server, database, path):
    answer = server.write(database, "m v=1i 1", path=path, precision="fortnight")
    assert answer.status_code == 400
    assert "precision" in answer.text
    assert requests.post(server.http + path, data="m v=1i 1", timeout=30).status_code == 400
    assert not exists(server, database)


def test_v1_parameters_of_real_loaders_are_understood(server, database):
    server.write_ok(database, "m v=1i 1", path="/write", consistency="all", u="user", p="secret", rp="autogen")
    assert count(server, database) == 1


@pytest.mark.parametrize("path", ["/api/v3/write_lp", "/api/v2/write", "/write"])
def test_unknown_parameter_is_ignored(server, database, path):
    server.write_ok(database, "m v=1i 1", path=path, colour="green")
    assert count(server, database) == 1


def test_names_of_databases_are_checked(server):
    for name in ["", "a" * 600, "a\nb"]:
        assert server.write(name, "m v=1i 1").status_code == 400


def test_unknown_path_and_wrong_method(server):
    assert requests.get(server.http + "/api/v9/write", timeout=30).status_code == 404
    assert requests.get(server.http + "/api/v3/write_lp?db=x", timeout=30).status_code == 405
    assert requests.delete(server.http + "/api/v3/query_sql", timeout=30).status_code == 405


# --- lines

def test_partial_write_names_lines_and_keeps_the_good_ones(server, database):
    answer = server.write(database, ["m v=1i 1", "m v=", "# a comment", "", "m v=3i 3", "m,=a v=1i 4"])
    assert answer.status_code == 400
    problem = answer.json()
    assert "partial write of line protocol occurred" in problem["error"]
    assert [one["line_number"] for one in problem["data"]] == [2, 6]
    assert all(one["error_message"] for one in problem["data"])
    assert problem["data"][0]["original_line"].startswith("m v=")
    assert [row["v"] for row in server.rows(database, "SELECT v FROM m ORDER BY v")] == [1, 3]


def test_nothing_is_stored_when_partial_writes_are_refused(server, database):
    answer = server.write(database, ["m v=1i 1", "m v=", "m v=3i 3"], accept_partial="false")
    assert answer.status_code == 400
    problem = answer.json()
    assert "parsing failed for write_lp endpoint" in problem["error"]
    assert "line protocol parsing error" in problem["error"]
    first = problem["data"] if isinstance(problem["data"], dict) else problem["data"][0]
    assert first["line_number"] == 2
    assert not exists(server, database) or server.rows(database, "SHOW TABLES") == []


def test_error_bodies_of_v2_and_v1_name_the_line_and_the_good_lines_are_kept(server, database):
    answer = server.write(database, ["m v=1i 1", "m v=", "m v=3i 3"], path="/api/v2/write")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "line 2" in answer.json()["message"]
    answer = server.write(database, ["m v=4i 4", "m v=5i 5", "m v="], path="/write")
    assert answer.status_code == 400
    assert "line 3" in answer.json()["error"]
    assert count(server, database) == 4


BAD_LINES = {
    "no field": "m,t=a",
    "no field set": "m 1",
    "unknown kind of value": "m v=what 2",
    "integer too large": "m v=9223372036854775808i 2",
    "time is no number": "m v=1i yesterday",
    "time too large": "m v=1i 9223372036854775808",
    "string without end": 'm v="abc 2',
    "empty tag value": "m,t= v=1i 2",
    "duplicate tag": "m,t=a,t=b v=1i 2",
    "time as tag": "m,time=1 v=1i 2",
    "tag named like a field": "m,v=a v=1i 2",
    "known field as tag": "m,v=a w=1i 2",
    "wrong type": "m v=1.5 2",
    "invalid UTF-8": b"m,t=\xff\xfe v=1i 2",
    "key above 64 KiB": "m " + "k" * 70_000 + "=1i 2",
    "tag value above 64 KiB": "m,t=" + "k" * 70_000 + " v=1i 2",
    "table name above 64 KiB": "m" * 70_000 + " v=1i 2",
}


@pytest.mark.parametrize("kind", sorted(BAD_LINES))
def test_a_bad_line_is_named_and_its_neighbours_are_stored(server, database, kind):
    line = BAD_LINES[kind]
    line = line if isinstance(line, bytes) else line.encode()
    answer = server.write(database, b"m v=1i 1\n" + line + b"\nm v=3i 3\n")
    assert answer.status_code == 400, answer.text
    assert [one["line_number"] for one in answer.json()["data"]] == [2]
    assert [row["v"] for row in server.rows(database, "SELECT v FROM m ORDER BY time")] == [1, 3]


def test_thousands_of_columns_meet_a_limit(server, database):
    wide = "m " + ",".join(f"f{i}=1i" for i in range(100_000)) + " 2"
    answer = server.write(database, ["m v=1i 1", wide, "m v=3i 3"])
    assert answer.status_code == 422, answer.text[:500]
    assert [one["line_number"] for one in answer.json()["data"]] == [2]
    assert count(server, database) == 2
    assert len(server.rows(database, "DESCRIBE m")) < 1100


def test_thousands_of_tables_meet_a_limit(server, database):
    answer = server.write(database, [f"t{i} v=1i 1" for i in range(10_050)])
    assert answer.status_code == 422, answer.text[:500]
    assert len(answer.json()["data"]) >= 1
    assert answer.json()["data"][0]["line_number"] == 10_001
    assert len(server.rows(database, "SHOW TABLES")) == 10_000
    server.write_ok(database, "t1 v=2i 2")


@pytest.mark.parametrize("stamp", [-(1 << 63), -(1 << 63) + 1, -1, 0, (1 << 63) - 2, (1 << 63) - 1])
def test_times_at_both_ends(server, database, stamp):
    answer = server.write(database, [f"m v=1i {stamp}", "m v=2i 1700000000000000000"], precision="ns")
    rows = server.rows(database, "SELECT v FROM m ORDER BY v")
    if answer.status_code == 204:
        assert [row["v"] for row in rows] == [1, 2]
    else:
        assert answer.status_code == 400
        assert [one["line_number"] for one in answer.json()["data"]] == [1]
        assert [row["v"] for row in rows] == [2]


# --- queries over HTTP

def test_formats(server, database):
    server.write_ok(database, ['m,t=a v=1i,s="x,y" 1700000000123456789', "m,t=b v=2i 1700000000123456790"])
    sql = "SELECT t, v, s FROM m ORDER BY v"
    assert server.query(database, sql).json() == [{"t": "a", "v": 1, "s": "x,y"}, {"t": "b", "v": 2}] or \
        server.query(database, sql).json() == [{"t": "a", "v": 1, "s": "x,y"}, {"t": "b", "v": 2, "s": None}]
    lines = server.query(database, sql, format="jsonl").text.splitlines()
    assert [json.loads(line)["v"] for line in lines] == [1, 2]
    assert server.query(database, sql, format="csv").text.splitlines() == ["t,v,s", 'a,1,"x,y"', "b,2,"]
    pretty = server.query(database, sql, format="pretty").text
    assert "| t | v | s   |" in pretty
    time = server.value(database, "SELECT time FROM m WHERE v = 1")
    assert time.startswith("2023-11-14T22:13:20.123456789")
    assert server.query(database, sql, format="yaml").status_code == 400


def test_post_with_parameters(server, database):
    server.write_ok(database, ["m,t=a v=1i 1", "m,t=b v=2i 2"])
    body = {"db": database, "q": "SELECT v FROM m WHERE t = $tag", "params": {"tag": "b"}}
    answer = requests.post(server.http + "/api/v3/query_sql", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json() == [{"v": 2}]
    answer = server.query(database, "SELECT v FROM m WHERE v < $most", params=json.dumps({"most": 2}))
    assert answer.json() == [{"v": 1}]


REFUSED = [
    "CREATE TABLE x (a int)", "INSERT INTO m VALUES (1)", "DELETE FROM m", "DROP TABLE m", "UPDATE m SET v = 2",
    "COPY m TO '/tmp/magnetite-test'", "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/*')", "SET memory_limit = '1TB'", "PRAGMA threads = 1",
    "ATTACH '/tmp/magnetite-test' AS x", "INSTALL httpfs", "LOAD httpfs", "CHECKPOINT", "select 1; select 2",
    "SELEC 1", "SELECT nothing FROM m", "SELECT * FROM nowhere", "", "SELECT " + "(" * 100_000,
    "EXPORT DATABASE '/tmp/magnetite-test'", "CALL pragma_version()", "USE memory", "BEGIN TRANSACTION",
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:30])
def test_sql_that_writes_or_reaches_out_is_refused(server, database, sql):
    server.write_ok(database, "m v=1i 1")
    answer = requests.post(server.http + "/api/v3/query_sql", json={"db": database, "q": sql}, timeout=60)
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.text
    assert server.rows(database, "SELECT v FROM m") == [{"v": 1}]
    assert not pathlib.Path("/tmp/magnetite-test").exists()


def cpu_ticks(server):
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_endless_query_ends_when_its_client_goes_away(server, database):
    server.write_ok(database, "m v=1i 1")
    with Connection(server) as connection:
        sql = "select+sum(a.range*b.range)+from+range(100000000)+a,+range(100000000)+b"
        connection.send(request(f"/api/v3/query_sql?db={database}&q={sql}", method="GET"))
        begin = cpu_ticks(server)
        wait_until(lambda: cpu_ticks(server) > begin + 20)
    ticks = [cpu_ticks(server)]

    def idle():
        time.sleep(0.5)
        ticks.append(cpu_ticks(server))
        return ticks[-1] - ticks[-2] < 5

    wait_until(idle)
    assert server.rows(database, "SELECT v FROM m") == [{"v": 1}]


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_missing_parameters_and_unknown_database(server, database):
    assert requests.get(server.http + "/api/v3/query_sql", params={"db": database}, timeout=30).status_code == 400
    assert requests.get(server.http + "/api/v3/query_sql", params={"q": "SELECT 1"}, timeout=30).status_code == 400
    answer = server.query(database, "SELECT 1")
    assert answer.status_code == 404
    assert database in answer.json()["error"]


def test_v1_clients_may_create_and_list(server, database):
    url = server.http + "/query"
    empty = requests.get(url, params={"q": "show databases"}, timeout=30).json()
    assert empty["results"][0]["series"][0]["name"] == "databases"
    assert requests.post(url, data={"q": f'CREATE DATABASE "{database}"'}, timeout=30).status_code == 200
    assert exists(server, database)
    again = requests.get(url, params={"q": f"CREATE DATABASE {database} WITH REPLICATION 1", "consistency": "all"}, timeout=30)
    assert again.status_code == 200
    assert "error" not in again.json()["results"][0]
    wrong = requests.get(url, params={"q": "DROP SERVER"}, timeout=30)
    assert wrong.status_code == 400 or wrong.json()["results"][0]["error"]
    assert requests.get(url, timeout=30).status_code == 400


def test_health_ping_and_metrics(server, database):
    server.write_ok(database, "m v=1i 1")
    assert requests.get(server.http + "/health", timeout=30).text == "OK"
    ping = requests.get(server.http + "/ping", timeout=30)
    assert ping.status_code in (200, 204)
    assert ping.headers["X-Influxdb-Version"]
    metrics = requests.get(server.http + "/metrics", timeout=30)
    assert metrics.status_code == 200
    assert metrics.headers["Content-Type"].startswith("text/plain")
    assert "# TYPE" in metrics.text
