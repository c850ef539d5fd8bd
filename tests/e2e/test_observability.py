"""What an operator sees: metrics, status, log lines of a request, slow statements, profiles."""
import json
import re
import shutil
import struct
import subprocess
import threading

import pyarrow.flight
import pytest
import requests

from support import need
from support.exposition import parse
from support.server import Server, binary, wait_until

JSON_LOG = ("--log-format", "json", "--log-filter", "info")


def metrics(server):
    answer = requests.get(server.http + "/metrics", timeout=60)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return parse(answer.text)


def log_lines(server):
    return [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]


# --- metrics

def documented_names():
    """name -> type of every row of the tables in docs/metrics.md."""
    text = (need.ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-zA-Z_:]+)` \| (counter|gauge|histogram) \|", text, flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a name is documented twice"
    return dict(rows)


@pytest.fixture(name="busy")
def busy_server(tmp_path):
    """A server in which everything that is measured has happened once, databases that read a log included."""
    with Server(tmp_path) as server:
        server.write_ok("db", ["m,host=a v=1 1", "m,host=b v=2 2"])
        assert server.write("db", "m v=1 1\nbad line").status_code == 400
        assert server.rows("db", "SELECT count(*) AS n FROM m WHERE host = 'a'") == [{"n": 1}]
        server.create_database("writes", "--write-buffer-writing", f"file:{tmp_path}/shared")
        server.write_ok("writes", "m v=1 1")
        server.create_database("reads", "--write-buffer-reading", f"file:{tmp_path}/shared")
        wait_until("the log is read", lambda: server.status("reads")["rows"] == 1, server.log)
        yield server


def test_metrics_are_well_formed_and_those_that_are_documented(busy):
    [chunk] = json.loads(busy.cli("database", "chunk", "list", "db").stdout)
    closed = busy.cli("database", "partition", "close-chunk", "db", chunk["partition_key"], "m", str(chunk["id"]))
    assert closed.returncode == 0, closed.stderr
    wait_until("it is an image", lambda: busy.status("db")["storages"][0]["storage"] == "ReadBuffer")
    requests.get(busy.http + "/nowhere", timeout=10)
    families = metrics(busy)
    documented = documented_names()
    # There is no replay to wait for any more.
    del documented["magnetite_replay_seconds_left"]
    assert {name: family.kind for name, family in families.items()} == documented

    assert families["http_requests_total"].value(path="/api/v3/write_lp", db_name="db", status="ok") == 1
    assert families["http_requests_total"].value(path="other", status="client_error") == 1
    assert families["gRPC_requests_total"].value(
        operation="influxdata.iox.management.v1.ManagementService/CreateDatabase", status="ok") == 2
    assert families["ingest_points_total"].value(db_name="db", status="ok") == 3
    assert families["ingest_points_total"].value(db_name="db", status="error") == 1
    assert families["ingest_entries_bytes_total"].value(db_name="db", status="ok") > 0
    assert families["catalog_chunks_total"].value(db_name="db", state="moved") == 1
    assert families["catalog_chunk_creation_size_bytes"].series[
        ("catalog_chunk_creation_size_bytes_count", (("db_name", "db"), ("state", "moved")))] == 1
    assert families["magnetite_chunks"].value(db_name="db", storage="ReadBuffer") == 1
    assert families["magnetite_databases"].value(state="initialized") == 3
    assert families["process_open_fds"].value() < families["process_max_fds"].value()
    assert families["process_resident_memory_bytes"].value() > 1 << 20
    disk = families["magnetite_data_disk_bytes"]
    assert 0 < disk.value(stat="available") <= disk.value(stat="total")


def test_names_that_clients_invent_are_no_labels(server):
    for number in range(5):
        requests.get(f"{server.http}/invented/{number}", timeout=10)
        requests.get(f"{server.http}/api/v3/query_sql?db=invented{number}&q=SELECT+1", timeout=10)
    text = requests.get(server.http + "/metrics", timeout=10).text
    assert "invented" not in text


# --- status

def test_status_says_the_same_in_all_three_places(busy):
    page = requests.get(busy.http + "/api/v1/status", timeout=10).json()
    shown = json.loads(busy.cli("server", "status", "--format", "json").stdout)
    assert (page["state"], page["serving"], page["version"]) == ("ready", True, shown["version"])
    assert shown["initialized"] is True and shown["serving"] is True
    assert int(shown["memory_bytes_max"]) == page["memory"]["limit_bytes"] > 0
    assert int(shown["disk_total_bytes"]) == page["disk"]["total_bytes"] > 0
    assert page["uptime_seconds"] > 0
    names = [each["name"] for each in page["databases"]]
    assert names == [each["db_name"] for each in shown["database_statuses"]] == ["db", "reads", "writes"]
    reads, reads_shown = page["databases"][1], shown["database_statuses"][1]
    assert reads["lag"] == 0 and reads_shown["sequencer_lag"] == "0"
    assert reads["storages"][0]["rows"] == 1 == int(reads_shown["storages"][0]["rows"])
    text = busy.cli("server", "status").stdout
    assert text.startswith("server   ready, version ") and "database reads: initialized\n" in text


def test_status_of_a_server_that_is_not_there_fails(server):
    ended = server.cli("server", "status", host="http://127.0.0.1:1")
    assert ended.returncode == 3 and "is the server running?" in ended.stderr


# --- requests in the log

def test_a_request_keeps_the_name_it_came_with(server):
    given = requests.get(server.http + "/ping", headers={"X-Request-Id": "mine-7"}, timeout=10).headers
    assert given["X-Request-Id"] == given["Request-Id"] == "mine-7"
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    traced = requests.get(server.http + "/health", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}, timeout=10)
    assert traced.headers["X-Request-Id"] == trace
    for bad in ("with space", "x" * 129, '"'):
        named = requests.get(server.http + "/health", headers={"X-Request-Id": bad}, timeout=10).headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{16}", named), bad


def test_a_failed_request_is_logged_once_under_its_name(tmp_path):
    with Server(tmp_path, options=JSON_LOG) as server:
        answer = requests.post(server.http + "/api/v3/write_lp?db=db&p=secret", data="bad line",
                               headers={"X-Request-Id": "w1"}, timeout=10)
        assert answer.status_code == 400
        wait_until("it is logged", lambda: any(line.get("request_id") == "w1" for line in log_lines(server)))
        client = pyarrow.flight.connect(f"grpc://127.0.0.1:{server.grpc_port}")
        with pytest.raises(pyarrow.ArrowException):
            options = pyarrow.flight.FlightCallOptions(headers=[(b"x-request-id", b"f1")])
            client.do_get(pyarrow.flight.Ticket(b"{}"), options).read_all()
        client.close()
        wait_until("it is logged", lambda: any(line.get("request_id") == "f1" for line in log_lines(server)))
        assert "secret" not in server.log()
    lines = log_lines(server)
    [failed] = [line for line in lines if line.get("request_id") == "w1" and line["msg"] == "request failed"]
    assert (failed["path"], failed["status"], failed["body_bytes"]) == ("/api/v3/write_lp", "400", "8")
    assert int(failed["micros"]) >= 0
    [called] = [line for line in lines if line.get("request_id") == "f1"]
    assert called["msg"] == "call failed" and called["operation"].endswith("FlightService/DoGet")
    # Creating the database was part of the same request.
    assert any(line.get("request_id") == "w1" and line["msg"] == "database created" for line in lines)


def test_a_slow_statement_is_logged_with_its_request(tmp_path):
    with Server(tmp_path, options=[*JSON_LOG, "--slow-query-ms", "1"]) as server:
        server.write_ok("db", "m v=1 1")
        sql = "SELECT sum(a.range * b.range) AS s FROM range(3000) a, range(3000) b"
        answer = requests.get(server.http + "/api/v3/query_sql", params={"db": "db", "q": sql},
                              headers={"X-Request-Id": "q1"}, timeout=60)
        assert answer.status_code == 200, answer.text
        wait_until("it is logged", lambda: any(line["msg"] == "slow statement" for line in log_lines(server)))
    slow = next(line for line in log_lines(server) if line["msg"] == "slow statement" and line["request_id"] == "q1")
    assert (slow["level"], slow["database"], slow["sql"], slow["rows"], slow["outcome"]) == ("warn", "db", sql, "1", "ok")
    assert int(slow["milliseconds"]) >= 1


def test_log_settings_of_the_2021_server_do_not_stop_a_start(tmp_path):
    environment = {"LOG_FILTER": "debug,hyper::proto::h1=info,h2=info", "LOG_FORMAT": "pretty"}
    with Server(tmp_path, environment=environment) as server:
        server.write_ok("db", "m v=1 1")
    assert server.log().count("hyper::proto::h1=info,h2=info") == 1
    assert " debug " in server.log()


def test_a_misspelt_level_is_named(tmp_path):
    ended = subprocess.run([binary(), "run", "--object-store", "memory", "--log-filter", "wran"], cwd=tmp_path,
                           capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0 and "'wran' is no level" in ended.stdout + ended.stderr


# --- profiles

def test_a_profile_has_the_format_of_pprof(server, tmp_path):
    answers = []

    def profile():
        while not answers or answers[-1].status_code == 409:  # the one below that asks may be first
            answers.append(requests.get(server.http + "/debug/pprof/profile?seconds=300&frequency=500", timeout=60))

    taker = threading.Thread(target=profile)
    taker.start()

    def is_taken():
        return requests.get(server.http + "/debug/pprof/profile?seconds=1", timeout=60).status_code == 409
    wait_until("the first profile is being taken", is_taken)
    # Others are answered meanwhile, and the stop ends the profile early.
    assert requests.get(server.http + "/metrics", timeout=10).status_code == 200
    server.write_ok("db", [f"m v={number} {number}" for number in range(20000)])
    server.rows("db", "SELECT sum(a.range * b.range) AS s FROM range(10000) a, range(10000) b")
    server.stop()
    taker.join()
    answer = answers[-1]
    assert answer.status_code == 200
    assert struct.unpack("<5Q", answer.content[:40]) == (0, 3, 0, 2000, 0)
    assert b"/magnetite\n" in answer.content[-200_000:]
    if go := shutil.which("go") or shutil.which("go", path="/usr/local/go/bin"):
        path = tmp_path / "profile.prof"
        path.write_bytes(answer.content)
        shown = subprocess.run([go, "tool", "pprof", "-raw", binary(), str(path)], capture_output=True, text=True, timeout=300,
                               check=False)
        assert "Samples:" in shown.stdout, shown.stderr


def test_a_heap_profile_of_a_server_with_an_allocator_that_samples(tmp_path):
    environment = {"LD_PRELOAD": "libtcmalloc.so.4", "TCMALLOC_SAMPLE_PARAMETER": "65536"}
    with Server(tmp_path, environment=environment) as sampled:
        sampled.write_ok("db", [f'm,h=a v={at}i,s="{"x" * 500}" {at}' for at in range(20_000)])
        profile = requests.get(sampled.http + "/debug/pprof/heap", timeout=30).content
        assert profile.startswith(b"heap profile: ") and b"MAPPED_LIBRARIES" in profile
        path = tmp_path / "heap"
        path.write_bytes(profile)
        if go := shutil.which("go") or shutil.which("go", path="/usr/local/go/bin"):
            shown = subprocess.run([go, "tool", "pprof", "-raw", binary(), str(path)], capture_output=True, text=True,
                                   timeout=300, check=False)
            assert shown.returncode == 0 and "space/bytes" in shown.stdout, shown.stderr
        assert requests.get(sampled.http + "/debug/pprof/heap?debug=1", timeout=30).text.startswith("libc arena ")


def test_the_heap_is_shown_as_text(server):
    assert "/debug/pprof/profile" in requests.get(server.http + "/debug/pprof", timeout=10).text
    heap = requests.get(server.http + "/debug/pprof/heap", timeout=10).text
    assert heap.startswith("libc arena ") and "<malloc version" in heap
