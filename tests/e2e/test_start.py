"""Starts: ports answer at once, whatever must be read again; one broken database is in nobody's way."""
import resource
import threading
import time

import requests

from support.server import Server, wait_until

DATABASES = 1_000


class HealthClient(threading.Thread):
    """Asks for health over and over, and remembers the longest time it took and what else was answered meanwhile."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.stopping = threading.Event()
        self.slowest_seconds = 0.0
        self.answers = 0
        self.refused = set()  # status codes of writes before it was ready

    def run(self):
        with requests.Session() as session:
            while not self.stopping.is_set():
                begin = time.monotonic()
                assert session.get(self.server.http + "/health", timeout=30).text == "OK"
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begin)
                self.answers += 1
                answer = session.post(self.server.http + "/api/v3/write_lp?db=other", data="m v=1 1", timeout=30)
                if answer.status_code != 204:
                    self.refused.add((answer.status_code, answer.text))


def test_health_answers_while_a_thousand_databases_are_read_again(tmp_path):
    # Stacks of threads count as memory, touched or not.
    with Server(tmp_path, memory_bytes_max=resource.RLIM_INFINITY) as server:
        with requests.Session() as session:
            for number in range(DATABASES - 1):
                url = f"{server.http}/api/v3/write_lp?db=d{number}"
                assert session.post(url, data=f"m v={number}i 1", timeout=60).status_code == 204
        server.kill9()
        server.start(wait=False)
        wait_until("the port answers", lambda: server.answers())
        client = HealthClient(server)
        client.start()
        names = server.cli("database", "list").stdout.split()
        assert names == sorted(names)
        server.wait_state("ready")
        client.stopping.set()
        client.join()
        assert client.answers > 0
        assert client.slowest_seconds < 1
        assert {code for code, _ in client.refused} <= {503}, client.refused
        status = requests.get(server.http + "/api/v1/status", timeout=60).json()["databases"]
        assert {each["state"] for each in status} == {"initialized"}
        assert len([each for each in status if each["name"].startswith("d")]) == DATABASES - 1
        for number in (0, 1, 500, DATABASES - 2):
            assert server.rows(f"d{number}", "SELECT v FROM m") == [{"v": number}]
        answer = server.write("one_too_many", "m v=1 1")
        over = server.write("another", "m v=1 1")
        assert 422 in (answer.status_code, over.status_code) and "--databases-max" in answer.text + over.text


def test_a_broken_database_is_named_and_the_others_open(tmp_path):
    with Server(tmp_path) as server:
        for name in ("bad", "good", "moved"):
            server.write_ok(name, "m v=1 1")
        server.stop()
        [rules] = server.data.rglob("bad/rules.pb")
        rules.write_bytes(b"\xff\xff nonsense")
        moved = rules.parent.parent / "moved" / "rules.pb"
        moved.write_bytes((rules.parent.parent / "good" / "rules.pb").read_bytes())
        server.start()
        assert "error deserializing database rules from protobuf" in server.status("bad")["error"]
        assert "has the rules of database 'good'" in server.status("moved")["error"]
        assert server.status("bad")["state"] == "known"
        server.write_ok("good", "m v=2 2")
        assert server.rows("good", "SELECT count(*) AS n FROM m") == [{"n": 2}]
        for name in ("bad", "moved"):
            answer = server.write(name, "m v=1 1")
            assert answer.status_code == 409 and "could not be loaded" in answer.text, answer.text
            assert "already exists" in server.create_database(name, ok=False)


def test_a_database_whose_rules_are_gone_is_forgotten(tmp_path):
    with Server(tmp_path) as server:
        for name in ("gone", "good"):
            server.write_ok(name, "m v=1 1")
        server.stop()
        [rules] = server.data.rglob("gone/rules.pb")
        rules.unlink()
        server.start()
        assert server.cli("database", "list").stdout == "good\n"


def test_without_an_id_everything_that_touches_databases_is_refused(tmp_path):
    with Server(tmp_path, server_id=None) as server:
        assert requests.get(server.http + "/health", timeout=5).text == "OK"
        refused = server.create_database("db", ok=False)
        assert "Writer ID" in refused
        answer = server.write("db", "m v=1 1")
        assert answer.status_code == 409 and "Writer ID" in answer.text, answer.text
        assert server.cli("database", "list").stdout == ""
        assert server.cli("server", "set", "9").stdout == "Ok\n"
        assert server.cli("server", "set", "9").returncode == 1, "it is given once"
        server.wait_state("ready")
        server.write_ok("db", "m v=1 1")
