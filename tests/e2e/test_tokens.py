"""Who may do what, by each way of each API, on a server that others than this machine can reach."""
import base64
import gc
import json
import os
import pathlib
import re
import subprocess
import time

import influxdb
import influxdb_client
import pyarrow.flight as flight
import pytest
import requests
from influxdb_client_3 import InfluxDBClient3

from support import need
from support.certificates import Certificate
from support.redis_server import RedisServer
from support.server import Server, binary, free_ports, wait_until

OPERATOR = "operator-0123456789abcdef"
TOKENS = "/api/v3/configure/token"


def file_of(folder, token=OPERATOR, mode=0o600):
    path = pathlib.Path(folder) / "admin_token"
    path.write_text(token + "\n", encoding="ascii")
    path.chmod(mode)
    return path


def guarded(folder, options=(), **more):
    return Server(folder, options=["--admin-token-file", str(file_of(folder)), *options], bind="0.0.0.0", token=OPERATOR, **more)


def make(server, name, read=(), write=(), expiry=None):
    """A token, by the command line."""
    flags = [word for database in read for word in ("--read", database)]
    flags += [word for database in write for word in ("--write", database)]
    flags += ["--expiry", expiry] if expiry else []
    made = server.cli("token", "create", "--name", name, *flags)
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert token.startswith("apiv3_")
    return token


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with guarded(tmp_path_factory.mktemp("guarded"), ["--log-filter", "debug"]) as server:
        server.write_ok("mine", "room,name=attic temperature=28.5 1700000000")
        server.write_ok("elsewhere", "hiddenrows,of=hidden v=1i 1700000000")
        yield server


@pytest.fixture(scope="module")
def reader(served):
    return make(served, "reader", read=["mine"])


@pytest.fixture(scope="module")
def writer(served):
    return make(served, "writer", write=["mine"])


@pytest.fixture(scope="module")
def both(served):
    return make(served, "both", read=["mine"], write=["mine"])


def basic(token, user="somebody"):
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def schemes(token):
    return [f"Bearer {token}", f"Token {token}", basic(token), basic(token, user="")]


def ask(server, method, target, authorization=None, **options):
    headers = {**({"Authorization": authorization} if authorization else {}), **options.pop("headers", {})}
    return requests.request(method, server.http + target, headers=headers, timeout=60, **options)


WRITES = ["/api/v3/write_lp?db=", "/api/v2/write?org=o&bucket=", "/write?db="]
READ = "/api/v3/query_sql?q=SELECT temperature FROM room&db="


# --- HTTP


@pytest.mark.parametrize("path", WRITES)
def test_each_scheme_opens_each_way_to_write(served, writer, path):
    for scheme in schemes(writer):
        assert ask(served, "POST", path + "mine", scheme, data="m v=1i 1").status_code == 204, scheme


def test_each_scheme_opens_queries(served, reader):
    for scheme in schemes(reader):
        assert ask(served, "GET", READ + "mine", scheme).json() == [{"temperature": 28.5}]


@pytest.mark.parametrize("path", WRITES)
def test_each_denial_of_a_write(served, reader, writer, path):
    for authorization, database, status in [
            (None, "mine", 401), ("Bearer wrong", "mine", 401), ("Token " + writer[:-1], "mine", 401),
            ("Bearer", "mine", 400), ("bearer " + writer, "mine", 400), ("Basic !", "mine", 400),
            ("Bearer " + reader, "mine", 403), ("Bearer " + writer, "elsewhere", 403), ("Bearer " + writer, "new", 403)]:
        refused = ask(served, "POST", path + database, authorization, data="m v=1i 1")
        assert refused.status_code == status, (authorization, database, refused.text)
        if status == 401:
            assert refused.json()["error"] == "the request was not authenticated"
            assert "Bearer" in refused.headers["WWW-Authenticate"]
        if path == WRITES[1]:
            assert refused.json()["code"] == {400: "invalid", 401: "unauthorized", 403: "forbidden"}[status]
    assert "new" not in served.cli("database", "list").stdout


def test_each_denial_of_a_query(served, reader, writer):
    for authorization, database, status in [
            (None, "mine", 401), ("Bearer wrong", "mine", 401), ("Bearer", "mine", 400), ("Bearer " + writer, "mine", 403),
            ("Bearer " + reader, "elsewhere", 403), ("Bearer " + reader, "nowhere", 403)]:
        assert ask(served, "GET", READ + database, authorization).status_code == status, (authorization, database)


def test_the_old_api_takes_the_token_as_a_password(served, writer):
    assert ask(served, "POST", f"/write?db=mine&u=me&p={writer}", data="m v=1i 1").status_code == 204
    assert ask(served, "GET", f"/query?q=SHOW DATABASES&p={writer}").status_code == 200
    assert ask(served, "POST", "/write?db=mine&u=me&p=wrong", data="m v=1i 1").status_code == 401
    assert ask(served, "POST", f"/api/v3/write_lp?db=mine&p={writer}", data="m v=1i 1").status_code == 401


def test_a_refused_body_is_not_waited_for(served):
    refused = ask(served, "POST", "/api/v3/write_lp?db=mine", headers={"Expect": "100-continue"}, data="m v=1i 1")
    assert refused.status_code == 401
    large = ask(served, "POST", "/api/v3/write_lp?db=mine", data="m v=1i 1\n" * 100_000)
    assert large.status_code == 401


def test_what_needs_no_token_and_what_needs_any(served, writer):
    for path in ("/health", "/api/v1/health", "/ping"):
        assert ask(served, "GET", path).status_code == 200
    for path in ("/metrics", "/api/v1/status"):
        assert ask(served, "GET", path).status_code == 401
        assert ask(served, "GET", path, "Token " + writer).status_code == 200
    assert "magnetite_authentication_failures_total" in ask(served, "GET", "/metrics", "Token " + writer).text


# --- SQL sees what its caller may read


@pytest.mark.parametrize("sql", [
    "SELECT * FROM elsewhere.hiddenrows", "SELECT * FROM elsewhere.iox.hiddenrows", "SELECT * FROM public.elsewhere.hiddenrows",
    "SELECT * FROM room, elsewhere.hiddenrows", "SELECT (SELECT count(*) FROM ELSEWHERE.hiddenrows)", "DESCRIBE elsewhere.hiddenrows",
    "SUMMARIZE elsewhere.hiddenrows", "WITH x AS (SELECT * FROM elsewhere.hiddenrows) SELECT * FROM x", "SHOW COLUMNS FROM elsewhere.hiddenrows",
    "EXPLAIN SELECT * FROM elsewhere.hiddenrows", "FROM elsewhere.hiddenrows"])
def test_no_statement_reaches_another_database(served, reader, sql):
    assert ask(served, "GET", "/api/v3/query_sql", f"Bearer {OPERATOR}", params={"db": "mine", "q": sql}).status_code == 200
    refused = ask(served, "GET", "/api/v3/query_sql", "Bearer " + reader, params={"db": "mine", "q": sql})
    assert refused.status_code == 400, refused.text


@pytest.mark.parametrize("sql", [
    "SHOW DATABASES", "SHOW TABLES", "SHOW ALL TABLES", "SELECT * FROM information_schema.schemata",
    "SELECT * FROM information_schema.tables", "SELECT * FROM information_schema.columns", "SELECT * FROM duckdb_schemas()",
    "SELECT * FROM duckdb_tables()", "SELECT * FROM duckdb_columns()", "SELECT * FROM pg_catalog.pg_namespace",
    "SELECT * FROM pg_catalog.pg_class", "SELECT * FROM hiddenrow"])
def test_no_statement_names_another_database(served, reader, sql):
    answer = ask(served, "GET", "/api/v3/query_sql", "Bearer " + reader, params={"db": "mine", "q": sql})
    assert "elsewhere" not in answer.text and "hiddenrows" not in answer.text, answer.text


def test_an_operator_sees_all_again_on_the_same_connections(served, reader):
    for _ in range(20):
        for token, seen in ((reader, False), (OPERATOR, True)):
            answer = ask(served, "GET", "/api/v3/query_sql", "Bearer " + token, params={"db": "mine", "q": "SHOW DATABASES"})
            assert ("elsewhere" in answer.text) == seen


# --- clients of others


def test_python_client_of_v3(served, both):
    with InfluxDBClient3(host=served.http, token=both, database="mine") as client:
        client.write("room,name=kitchen people=3i 1700000000000000000")
        table = client.query("SELECT people FROM room WHERE name = 'kitchen'", language="sql")
        assert table.column("people").to_pylist() == [3]
    with InfluxDBClient3(host=served.http, token="wrong", database="mine") as client:
        with pytest.raises(Exception, match="not authenticated"):
            client.write("room,name=kitchen people=3i 1700000000000000000")
        with pytest.raises(Exception, match="not authenticated"):
            client.query("SELECT people FROM room", language="sql")


def test_python_client_of_v2(served, writer):
    with influxdb_client.InfluxDBClient(url=served.http, token=writer, org="o") as client:
        with client.write_api(write_options=influxdb_client.client.write_api.SYNCHRONOUS) as write:
            write.write(bucket="mine", record="v2 v=1i 1700000000000000000")
            with pytest.raises(influxdb_client.rest.ApiException) as refused:
                write.write(bucket="elsewhere", record="v2 v=1i 1700000000000000000")
            assert refused.value.status == 403


def test_python_client_of_v1(served, writer):
    client = influxdb.InfluxDBClient("127.0.0.1", served.http_port, "anybody", writer, "mine")
    client.create_database("mine")
    assert client.write_points(["v1 v=1i 1700000000000000000"], protocol="line")
    refused = influxdb.InfluxDBClient("127.0.0.1", served.http_port, "anybody", "wrong", "mine")
    with pytest.raises(influxdb.exceptions.InfluxDBClientError, match="not authenticated"):
        refused.write_points(["v1 v=1i 1700000000000000000"], protocol="line")


# --- Flight and gRPC


def rows(server, authorization, database="mine", sql="SELECT temperature FROM room WHERE name = 'attic'"):
    headers = [(b"authorization", authorization.encode())] if authorization else []
    ticket = flight.Ticket(json.dumps({"database": database, "sql_query": sql}).encode())
    with flight.connect(f"grpc://127.0.0.1:{server.grpc_port}") as client:
        return client.do_get(ticket, flight.FlightCallOptions(headers=headers)).read_all().to_pylist()


def test_each_scheme_opens_flight(served, reader):
    for scheme in schemes(reader):
        assert rows(served, scheme) == [{"temperature": 28.5}]


def test_each_denial_of_flight(served, reader, writer):
    for authorization in (None, "Bearer wrong", "Bearer", "bearer " + reader):
        with pytest.raises(flight.FlightUnauthenticatedError):
            rows(served, authorization)
    for authorization, database in (("Bearer " + writer, "mine"), ("Bearer " + reader, "elsewhere")):
        with pytest.raises(flight.FlightUnauthorizedError):
            rows(served, authorization, database)
    with pytest.raises(Exception, match="not found|not known|does not exist"):
        rows(served, "Bearer " + reader, sql="SELECT * FROM elsewhere.hiddenrows")


def test_flight_shakes_hands(served, reader):
    with flight.connect(f"grpc://127.0.0.1:{served.grpc_port}") as client:
        header = client.authenticate_basic_token("anybody", reader)
        assert header == (b"authorization", f"Bearer {reader}".encode())
        with pytest.raises(flight.FlightUnauthenticatedError):
            client.authenticate_basic_token("anybody", "wrong")


def test_flight_shakes_hands_also_where_nobody_asks(tmp_path):
    with Server(tmp_path) as server, flight.connect(f"grpc://127.0.0.1:{server.grpc_port}") as client:
        assert client.authenticate_basic_token("anybody", "any") == (b"authorization", b"Bearer any")


def cli(server, token, *arguments):
    environment = {key: value for key, value in os.environ.items() if key not in ("MAGNETITE_TOKEN", "INFLUX_TOKEN")}
    return subprocess.run([binary(), "--host", server.grpc, *(["--token", token] if token else []), *arguments],
                          capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_command_line_goes_as_far_as_its_token(served, reader, writer, tmp_path):
    assert "authenticated" in cli(served, None, "database", "list").stderr
    assert "--token" in cli(served, "wrong", "database", "list").stderr
    assert cli(served, reader, "database", "list").stdout == "mine\n"
    assert cli(served, writer, "database", "list").stdout == ""
    assert "mine" in cli(served, OPERATOR, "database", "list").stdout
    assert cli(served, reader, "database", "get", "mine").returncode == 0
    assert cli(served, reader, "database", "chunk", "list", "mine").returncode == 0
    assert cli(served, writer, "database", "get", "mine").returncode == 1
    assert cli(served, reader, "database", "get", "elsewhere").returncode == 1
    assert "28.5" in cli(served, reader, "database", "query", "mine", "SELECT temperature FROM room").stdout
    assert "may not read" in cli(served, writer, "database", "query", "mine", "SELECT temperature FROM room").stderr
    lines = tmp_path / "some.lp"
    lines.write_text("m v=1i 1\n", encoding="ascii")
    assert cli(served, writer, "database", "write", "mine", str(lines)).returncode == 0
    assert "may not write" in cli(served, reader, "database", "write", "mine", str(lines)).stderr
    for command in (("database", "create", "more"), ("operation", "list"), ("server", "set", "7"), ("token", "list")):
        assert "admin" in cli(served, writer, *command).stderr, command


def test_command_line_takes_the_token_of_other_clients_environment(served, reader):
    listed = subprocess.run([binary(), "--host", served.grpc, "database", "list"], capture_output=True, text=True, timeout=60,
                            check=False, env={**os.environ, "INFLUX_TOKEN": reader})
    assert listed.stdout == "mine\n", listed.stderr


# --- the life of a token


def status_with(server, token):
    return ask(server, "GET", "/metrics", f"Bearer {token}").status_code


def test_deleted_token_is_none_at_once(served):
    token = make(served, "short-lived", read=["*"])
    assert status_with(served, token) == 200
    listed = json.loads(served.cli("token", "list").stdout)
    assert [each["permissions"] for each in listed if each["name"] == "short-lived"] == [
        [{"database": "*", "actions": ["read"]}]]
    assert token not in served.cli("token", "list").stdout
    assert served.cli("token", "delete", "short-lived").returncode == 0
    assert status_with(served, token) == 401
    assert "no token" in served.cli("token", "delete", "short-lived").stderr


def test_token_ends_when_it_expires(served):
    token = make(served, "hasty", read=["mine"], expiry="1s")
    wait_until("the token has expired", lambda: status_with(served, token) == 401, seconds_max=30)
    patient = make(served, "patient", read=["mine"], expiry="30d")
    assert status_with(served, patient) == 200


def test_wrong_wishes_are_refused(served):
    for wrong in (("--name", "x"), ("--read", "mine"), ("--name", "x", "--read", ""), ("--admin", "--read", "mine"),
                  ("--admin", "--expiry", "1h"), ("--name", "x", "--read", "mine", "--expiry", "0")):
        refused = served.cli("token", "create", *wrong)
        assert refused.returncode != 0 and refused.stderr and not refused.stdout, wrong


def test_restart_keeps_tokens_and_the_file_has_no_text_of_them(tmp_path):
    with guarded(tmp_path) as server:
        token = make(server, "kept", write=["mine"])
        gone = make(server, "gone", write=["mine"])
        assert server.cli("token", "delete", "gone").returncode == 0
        server.kill9()
        server.start()
        assert (status_with(server, token), status_with(server, gone)) == (200, 401)
        server.restart()
        assert (status_with(server, token), status_with(server, gone)) == (200, 401)
        stored = (server.data / "tokens.pb").read_bytes()
        assert b"kept" in stored
        for secret in (token, token.removeprefix("apiv3_"), token[-20:], OPERATOR):
            assert secret.encode() not in stored


def test_unreadable_tokens_stop_the_start_and_are_left_alone(tmp_path):
    with guarded(tmp_path) as server:
        make(server, "kept", write=["mine"])
        server.stop()
        file = server.data / "tokens.pb"
        whole = file.read_bytes()
        damaged = whole[:-1] + bytes([whole[-1] ^ 1])
        file.write_bytes(damaged)
        server.start(wait=False)
        assert server.process.wait(timeout=60) == 1
        assert "tokens.pb" in server.log().splitlines()[-1]
        assert file.read_bytes() == damaged
        file.write_bytes(whole)
        server.start()


# --- the first admin, and when there is authentication


def test_first_admin_is_made_on_the_machine_and_once(tmp_path):
    with Server(tmp_path, bind="0.0.0.0", server_id=None) as server:
        wait_until("it answers", server.answers)
        assert "magnetite token create --admin" in server.log()
        for sent_on in ("Origin", "X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
            refused = ask(server, "POST", TOKENS + "/admin", headers={sent_on: "http://127.0.0.1"})
            assert refused.status_code == 401, sent_on
        assert ask(server, "GET", "/metrics").status_code == 401
        made = cli(server, None, "token", "create", "--admin")
        assert made.returncode == 0, made.stderr
        admin = made.stdout.strip()
        assert status_with(server, admin) == 200
        assert ask(server, "POST", TOKENS + "/admin").status_code == 409
        assert ask(server, "POST", TOKENS + "/admin", f"Bearer {admin}").status_code == 409
        assert "already" in cli(server, None, "token", "create", "--admin").stderr
        anew = ask(server, "POST", TOKENS + "/admin/regenerate", f"Bearer {admin}")
        assert anew.status_code == 201
        assert status_with(server, admin) == 401
        assert status_with(server, anew.json()["token"]) == 200
        admin = server.token = anew.json()["token"]
        second = server.cli("token", "create", "--admin", "--name", "second")
        assert status_with(server, second.stdout.strip()) == 200
        assert server.cli("token", "delete", "_admin").returncode == 1


def test_loopback_asks_for_none_and_says_so(tmp_path):
    with Server(tmp_path) as server:
        assert "authentication is off" in server.log()
        server.write_ok("home", "m v=1i 1")
        assert ask(server, "GET", "/metrics", "Bearer anything").status_code == 200
        assert ask(server, "GET", "/metrics", "nonsense").status_code == 200
        for path in ("", "/admin", "/admin/regenerate", "/named_admin"):
            refused = ask(server, "POST", TOKENS + path)
            assert (refused.status_code, refused.text) == (405, "endpoint disabled, started without auth")
        assert "without auth" in server.cli("token", "create", "--admin").stderr
        assert not (server.data / "tokens.pb").exists()


def test_switches_are_obeyed_and_said(tmp_path):
    with Server(tmp_path / "on", options=["--with-auth"], server_id=None) as server:
        assert "authentication is on" in server.log()
        assert ask(server, "GET", "/metrics").status_code == 401
    with Server(tmp_path / "off", options=["--without-auth"], bind="0.0.0.0") as server:
        assert ask(server, "GET", "/metrics").status_code == 200
        assert "anybody can read, write and delete" in server.log()
    with Server(tmp_path / "file", options=["--admin-token-file", str(file_of(tmp_path, mode=0o644))], token=OPERATOR) as server:
        assert ask(server, "GET", "/metrics").status_code == 401
        assert status_with(server, OPERATOR) == 200
        assert "chmod 600" in server.log()
        assert ask(server, "POST", TOKENS + "/admin").status_code == 409


@pytest.mark.parametrize("wrong", ["", "short", "two words are no token", "0123456789:0123456789"])
def test_admin_token_that_cannot_be_one_stops_the_start(tmp_path, wrong):
    http, grpc = free_ports(2)
    ended = subprocess.run([binary(), "run", "--data-dir", tmp_path / "data", "--object-store", "file", "--api-bind",
                            f"127.0.0.1:{http}", "--grpc-bind", f"127.0.0.1:{grpc}", "--admin-token-file",
                            file_of(tmp_path, wrong)], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "--admin-token-file" in ended.stderr
    assert not wrong or wrong not in ended.stderr


def test_tokens_go_over_tls(tmp_path):
    with guarded(tmp_path, certificate=Certificate(tmp_path, "tokens")) as server:
        token = make(server, "reader", read=["mine"])
        listed = server.cli("database", "list", "--token", token)
        assert listed.returncode == 0, listed.stderr


# --- secrets stay secret


def test_no_secret_is_in_any_log_or_answer(served, tmp_path):
    password = "p455w0rd-of-nobody"
    token = make(served, "careless", read=["mine"], write=["mine"])
    ask(served, "POST", f"/write?db=mine&p={token}", data="m v=1i 1")
    ask(served, "POST", f"/write?db=mine&p={password}", data="m v=1i 1")
    ask(served, "POST", f"/write?db=mine&precision=x&p={token}", data="m v=1i 1")
    ask(served, "GET", READ + "mine", basic(password))
    ask(served, "GET", READ + "mine", f"Bearer {password} {password}")
    answers = [ask(served, "POST", TOKENS, f"Bearer {OPERATOR}", headers={"Content-Type": "application/json"},
                   data=f'{{"name": {password}').text]
    answers += [cli(served, password, "database", "list").stderr, served.cli("token", "list").stdout]
    assert served.log().count("a request was not authenticated") >= 1
    for text in [served.log(), *answers]:
        for secret in (password, token, OPERATOR, token.removeprefix("apiv3_")):
            assert secret not in text


def test_guesses_are_logged_once_a_second_at_most(tmp_path):
    with guarded(tmp_path) as server:
        began = time.monotonic()
        for _ in range(100):
            assert status_with(server, "wrong") == 401
        seconds = time.monotonic() - began
        assert 1 <= server.log().count("a request was not authenticated") <= seconds + 1
        assert "magnetite_authentication_failures_total 100" in ask(server, "GET", "/metrics", f"Bearer {OPERATOR}").text


def test_password_of_a_write_buffer_is_not_shown(tmp_path):
    password = "p455w0rd-of-redis"
    acl = ["--user", "me", "on", f">{password}", "~*", "&*", "+@all"]
    with RedisServer(tmp_path / "redis", acl) as redis, Server(tmp_path, options=["--log-filter", "debug"]) as server:
        refused = server.create_database("wrong", "--write-buffer-writing", f"redis://me:wr0ng-{password}@{redis.address}",
                                         ok=False)
        server.create_database("feed", "--write-buffer-writing", f"redis://me:{password}@{redis.address}?n_sequencers=1")
        server.write_ok("feed", "m v=1i 1")
        shown = server.cli("database", "get", "feed").stdout
        assert f"redis://me:***@{redis.address}?n_sequencers=1" in shown
        status = requests.get(server.http + "/api/v1/status", timeout=60).text
        system = server.query("feed", "SELECT * FROM system.sequencers").text
        redis.kill9()
        broken = server.write("feed", "m v=2i 2").text
        server.stop()
        server.start()
        for text in (refused, shown, status, system, broken, server.log(), server.cli("database", "get", "feed").stdout):
            assert password not in text


# --- what the documentation says


def test_examples_of_the_documentation_work(tmp_path):
    text = (need.ROOT / "docs/security.md").read_text(encoding="utf-8")
    first, curl, own, more = re.findall(r"^```\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    with Server(tmp_path, bind="0.0.0.0", server_id=None) as server:
        wait_until("it answers", server.answers)

        def run(example):
            script = example.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}").replace(
                "magnetite token", f"{binary()} --host {server.grpc} token")
            return subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)

        admin = run(first).stdout.strip()
        assert "already" in run(curl).stdout
        shown = run(more.replace("apiv3_...", admin)).stdout
        assert shown.count("apiv3_") == 3
        assert '"grafana"' in shown and shown.rstrip().endswith("Ok")
    make_file, start = own.splitlines()
    subprocess.run(["bash", "-euc", make_file], cwd=tmp_path, check=True, timeout=60)
    with Server(tmp_path / "own", options=start.split()[-2:], bind="0.0.0.0", working_folder=tmp_path,
                token=(tmp_path / "admin_token").read_text(encoding="ascii").strip()) as server:
        assert server.cli("token", "list").returncode == 0


# --- limits


def test_connections_are_bounded_as_told(tmp_path):
    with Server(tmp_path, options=["--connections-max", "3"]) as server:
        sessions = [requests.Session() for _ in range(4)]
        gc.collect()  # closes what asked whether the server is ready
        for session in sessions[:3]:
            wait_until("there is a place", lambda session=session: session.get(server.http + "/health", timeout=60).ok)
        assert sessions[3].get(server.http + "/health", timeout=60).status_code == 503
