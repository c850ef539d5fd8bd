"""Hundreds of clients at once: each is answered, and what was acknowledged is there."""
import json
import threading

import pyarrow.flight
import requests

from support.server import Server

WRITERS = 400
READERS = 100
ROUNDS = 5


def run_all(bodies):
    failures = []

    def guarded(body):
        try:
            body()
        except Exception as error:  # pylint: disable=broad-exception-caught
            failures.append(repr(error))

    threads = [threading.Thread(target=guarded, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_hundreds_of_clients_write_and_read_at_once(tmp_path):
    acknowledged = [0] * WRITERS
    with Server(tmp_path) as server:
        server.write_ok("db", ["m,client=none v=0i 1"])

        def writer(number):
            with requests.Session() as session:
                for at in range(ROUNDS):
                    line = f"m,client=c{number} v={at}i {at + 1}"
                    while True:  # refused for being many is an answer; it is asked again
                        answer = session.post(f"{server.http}/api/v2/write?bucket=db", data=line, timeout=120)
                        if answer.status_code not in (429, 503):
                            break
                        assert int(answer.headers["Retry-After"]) > 0
                    assert answer.status_code == 204, answer.text
                    acknowledged[number] += 1

        def reader():
            with pyarrow.flight.connect(server.grpc.replace("http", "grpc")) as client:
                ticket = pyarrow.flight.Ticket(json.dumps({"database": "db", "sql_query": "SELECT count(*) AS n FROM m"}))
                def count():
                    while True:
                        try:
                            return client.do_get(ticket).read_all().column("n").to_pylist()
                        except pyarrow.flight.FlightUnavailableError as error:  # many statements run already
                            assert "statements are running" in str(error)

                for _ in range(ROUNDS):
                    [rows] = count()
                    assert 1 <= rows <= 1 + WRITERS * ROUNDS

        failures = run_all([lambda number=number: writer(number) for number in range(WRITERS)] + [reader] * READERS)
        assert not failures, failures[:5]
        assert sum(acknowledged) == WRITERS * ROUNDS
        assert server.value("db", "SELECT count(*) FROM m") == 1 + sum(acknowledged)
        server.restart()
        assert server.value("db", "SELECT count(*) FROM m") == 1 + sum(acknowledged)


def test_a_slow_store_delays_nobody_who_writes(tmp_path):
    """Each call of this store takes a while; writes are acknowledged by the log."""
    with Server(tmp_path, ["--object-store", "memorythrottled"]) as server:
        server.write_ok("db", [f"m v={at}i {at}" for at in range(1000)])
        assert server.value("db", "SELECT count(*) FROM m") == 1000
        for _ in range(20):
            assert requests.get(f"{server.http}/health", timeout=10).status_code == 200
