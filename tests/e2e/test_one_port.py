"""Every port understands HTTP and gRPC alike, with and without TLS, so that clients need one URL."""
import os
import shutil
import socket
import ssl
import subprocess
import sys

import pyarrow.flight as flight
import pytest
import requests
from influxdb_client_3 import InfluxDBClient3

from support import need
from support.certificates import Certificate
from support.server import Server, binary, free_ports, wait_until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
PING = b"\0\0\x08\x06\0\0\0\0\0"
PONG = b"\0\0\x08\x06\x01\0\0\0\0"
MANY_ROWS = 3_000_000
MANY = f"SELECT range AS n, range * 2 AS m, 'some text ' || range AS t FROM range({MANY_ROWS})"


@pytest.fixture(scope="module", params=["plain", "tls"])
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    certificate = Certificate(folder, "served") if request.param == "tls" else None
    with Server(folder, certificate=certificate) as running:
        running.write_ok("home", "room,name=attic temperature=28.5 1700000000")
        yield running


@pytest.fixture(params=["http_port", "grpc_port"])
def url(request, served):
    return f"{served.scheme}://127.0.0.1:{getattr(served, request.param)}"


def flight_client(server, url):
    options = {"tls_root_certs": server.certificate.pem} if server.certificate else {}
    return flight.connect(url.replace("https://", "grpc+tls://").replace("http://", "grpc://"), **options)


def ticket(sql, database="home"):
    return flight.Ticket(('{"database":"%s","sql_query":"%s"}' % (database, sql)).encode())


def connect(server, port, security=True):
    """A socket that does as it is told; with TLS where the server speaks it."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=60)
    if not (server.certificate and security):
        return raw
    context = ssl.create_default_context(cafile=server.certificate.path)
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def receive_until(connection, wanted):
    received = b""
    while wanted not in received:
        more = connection.recv(65_536)
        assert more, received
        received += more


# --- each port, each protocol


def test_http_writes_and_queries(served, url):
    written = requests.post(url + "/api/v3/write_lp?db=http", data="m v=1i 1", timeout=60, verify=served.trusted)
    assert written.status_code == 204, written.text
    rows = requests.get(url + "/api/v3/query_sql?db=http&q=SELECT v FROM m", timeout=60, verify=served.trusted)
    assert rows.json() == [{"v": 1}]


def test_curl_is_served(served, url):
    trust = ["--cacert", str(served.certificate.path)] if served.certificate else []
    answer = subprocess.run(["curl", "-sS", *trust, url + "/health"], capture_output=True, text=True, timeout=60, check=False)
    assert (answer.stdout, answer.stderr) == ("OK", "")


def test_flight_queries(served, url):
    with flight_client(served, url) as client:
        table = client.do_get(ticket("SELECT name, temperature FROM room")).read_all()
        assert table.to_pylist() == [{"name": "attic", "temperature": 28.5}]


def test_command_line_manages_and_queries(served, url):
    listed = served.cli("database", "list", host=url)
    assert listed.returncode == 0, listed.stderr
    assert "home" in listed.stdout
    rows = served.cli("database", "query", "home", "SELECT temperature FROM room", host=url)
    assert "28.5" in rows.stdout, rows.stderr


# --- clients with their one URL


def test_python_client_needs_one_url(served, url):
    trust = {"ssl_ca_cert": str(served.certificate.path)} if served.certificate else {}
    with InfluxDBClient3(host=url, token="any", database="python", **trust) as client:
        client.write("room,name=kitchen people=3i 1700000000000000000")
        assert client.query("SELECT people FROM room", language="sql").column("people").to_pylist() == [3]


def round_trip(command, **environment):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **environment})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.split() == ["kitchen", "0", "kitchen", "1", "kitchen", "2"], ended.stderr


def test_go_client_needs_one_url(served, url):
    trust = [str(served.certificate.path)] if served.certificate else []
    round_trip([need.tool("get_influxdb3_go.sh"), url, "go", *trust])


def test_java_client_needs_one_url(served, url):
    if shutil.which("java") is None:
        need.missing("no Java here")
    jars = need.tool("get_influxdb3_java.sh")
    trust = [str(served.certificate.path)] if served.certificate else []
    program = need.ROOT / "tests/support/influxdb3_java/RoundTrip.java"
    round_trip(["java", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", f"{jars}/*", str(program), url, "java", *trust])


def test_javascript_client_needs_one_url(served, url):
    if shutil.which("node") is None:
        need.missing("no Node.js here")
    modules = need.tool("get_influxdb3_js.sh")
    trust = {}
    if served.certificate:
        path = str(served.certificate.path)
        trust = {"NODE_EXTRA_CA_CERTS": path, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": path}
    program = need.ROOT / "tests/support/influxdb3_js/round_trip.cjs"
    round_trip(["node", str(program), url, "javascript"], NODE_PATH=modules, **trust)


# --- many, slow and dying clients


def test_two_hundred_connections_of_both_kinds(served):
    connections = []
    try:
        for i in range(100):
            for speaks_http in (True, False):
                connection = connect(served, (served.http_port, served.grpc_port)[i % 2])
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" if speaks_http else PREFACE + SETTINGS)
                connections.append((speaks_http, connection))
        for round_of in range(2):
            for speaks_http, connection in connections:
                if round_of == 1:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" if speaks_http else PING + b"12345678")
                receive_until(connection, b"\r\n\r\nOK" if speaks_http else PONG if round_of else SETTINGS[3:4])
    finally:
        for _, connection in connections:
            connection.close()
    assert requests.get(served.http + "/health", timeout=60, verify=served.trusted).text == "OK"


def test_stream_that_is_given_up_leaves_the_server_well(served, url):
    with flight_client(served, url) as client:
        reader = client.do_get(ticket(MANY))
        reader.read_chunk()
        reader.cancel()
        assert client.do_get(ticket("SELECT name FROM room")).read_all().num_rows == 1


def test_client_that_dies_within_a_stream_leaves_the_server_well(served, url):
    script = """
import os, sys, pyarrow.flight as flight
options = {"tls_root_certs": open(sys.argv[3], "rb").read()} if len(sys.argv) > 3 else {}
flight.connect(sys.argv[1], **options).do_get(flight.Ticket(sys.argv[2].encode())).read_chunk()
os._exit(0)
"""
    trust = [str(served.certificate.path)] if served.certificate else []
    location = url.replace("https://", "grpc+tls://").replace("http://", "grpc://")
    dying = [sys.executable, "-c", script, location, ticket(MANY).ticket.decode(), *trust]
    subprocess.run(dying, timeout=120, check=True)
    with flight_client(served, url) as client:
        assert client.do_get(ticket("SELECT name FROM room")).read_all().num_rows == 1


@pytest.mark.parametrize("security", ["plain", "tls"])
def test_clients_that_do_not_go_on_are_ended_and_disturb_nobody(tmp_path, security):
    certificate = Certificate(tmp_path, "patient") if security == "tls" else None
    with Server(tmp_path / "server", options=["--idle-timeout", "1"], certificate=certificate) as server:
        server.write_ok("home", "room,name=attic temperature=28.5 1700000000")
        beginnings = [b"", PREFACE[:9], PREFACE[:23], PREFACE, b"\x16\x03\x01\x02\x00\x01\x00", b"\xff\xfe garbage", b"GET /health HT"]
        connections = []
        for port in (server.http_port, server.grpc_port):
            for beginning in beginnings:
                connection = connect(server, port, security=False)
                connection.sendall(beginning)
                connections.append(connection)
        with flight_client(server, server.http) as client:
            assert client.do_get(ticket("SELECT name FROM room")).read_all().num_rows == 1
        server.write_ok("home", "room,name=attic temperature=29.5 1700000001")
        for connection in connections:
            try:
                while connection.recv(65_536):
                    pass
            except ConnectionResetError:
                pass
            connection.close()


def test_stop_lets_a_flight_stream_end(tmp_path):
    # More than sockets and gRPC hold, and sent well before the drain ends on a slow machine.
    count = 400_000
    for certificate in (None, Certificate(tmp_path, "stopping")):
        with Server(tmp_path / str(certificate is None), certificate=certificate) as server:
            server.write_ok("home", "room,name=attic temperature=28.5 1700000000")
            client = flight_client(server, server.http)
            reader = client.do_get(ticket(f"SELECT range AS n, 'some text ' || range AS t FROM range({count})"))
            rows = reader.read_chunk().data.num_rows
            server.process.terminate()
            for chunk in reader:
                rows += chunk.data.num_rows
            assert rows == count
            client.close()
            assert server.process.wait(timeout=60) == 0, server.log()


# --- addresses and certificates


def test_equal_addresses_are_one_port(tmp_path):
    with Server(tmp_path) as server:
        server.stop()
        server.grpc_port = server.http_port
        server.start()
        server.write_ok("home", "room,name=attic temperature=28.5 1700000000")
        assert "home" in server.cli("database", "list").stdout
        assert server.log().rstrip().splitlines()[-1].count(f":{server.http_port}") == 1


def test_plain_text_on_a_port_of_tls_is_told_so(tmp_path):
    with Server(tmp_path, certificate=Certificate(tmp_path, "strict")) as server:
        for port in (server.http_port, server.grpc_port):
            answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=60)
            assert answer.status_code == 400
            assert "TLS" in answer.text
            refused = server.cli("database", "list", host=f"http://127.0.0.1:{port}")
            assert refused.returncode != 0
            assert refused.stderr


def test_old_versions_of_tls_are_refused(tmp_path):
    with Server(tmp_path, certificate=Certificate(tmp_path, "modern")) as server:
        context = ssl.create_default_context(cafile=server.certificate.path)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", server.http_port), timeout=60) as raw, pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_changed_certificate_is_used_without_a_restart(tmp_path):
    first, second = Certificate(tmp_path, "first"), Certificate(tmp_path, "second")
    with Server(tmp_path / "server", certificate=first) as server:
        place = ("127.0.0.1", server.http_port)

        def shown():
            return ssl.get_server_certificate(place).split() == second.pem.decode().split()

        assert not shown()
        shutil.copy(second.key_path, first.key_path)
        assert not shown()
        shutil.copy(second.path, first.path)
        wait_until("the second certificate is shown", shown)
        server.write_ok("home", "room,name=attic temperature=28.5 1700000000")


@pytest.mark.parametrize("wrong", ["no key", "missing", "another key", "no certificate"])
def test_unusable_certificate_stops_the_start(tmp_path, wrong):
    certificate, other = Certificate(tmp_path, "mine"), Certificate(tmp_path, "other")
    options = {
        "no key": ["--tls-cert", certificate.path],
        "missing": ["--tls-cert", tmp_path / "nowhere", "--tls-key", certificate.key_path],
        "another key": ["--tls-cert", certificate.path, "--tls-key", other.key_path],
        "no certificate": ["--tls-cert", certificate.key_path, "--tls-key", certificate.key_path],
    }[wrong]
    http, grpc = free_ports(2)
    data = tmp_path / "data"
    ended = subprocess.run([binary(), "run", "--server-id", "1", "--object-store", "file", "--data-dir", data, "--api-bind",
                            f"127.0.0.1:{http}", "--grpc-bind", f"127.0.0.1:{grpc}", *options], capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode != 0
    assert "--tls-" in ended.stderr
    if wrong != "no key":
        assert ended.returncode == 1
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert not data.exists()
