"""How the process lives under an init system: readiness, signs of life, orderly and impatient stops."""
import os
import signal
import socket

import pytest
import requests

from support.certificates import Certificate
from support.raw_http import Connection
from support.server import Server, sanitized, wait_until


class Manager:
    """What systemd would be told."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def heard(self, part):
        """Whether a message with this part has come."""
        try:
            while True:
                self.messages.append(self.socket.recv(4096, socket.MSG_DONTWAIT).decode())
        except BlockingIOError:
            pass
        return any(part in message for message in self.messages)

    def wait_for(self, part):
        wait_until(f"the manager hears {part}", lambda: self.heard(part), lambda: self.messages)

    def forget(self):
        self.heard("")
        self.messages.clear()


@pytest.fixture(name="manager")
def fake_manager(tmp_path):
    with Manager(tmp_path) as listening:
        yield listening


class HalfSent:
    """A write that the server has begun to read, and of which the body is still missing."""

    def __init__(self, server):
        self.connection = Connection(server)
        self.connection.send("POST /api/v3/write_lp?db=db HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n"
                             "Expect: 100-continue\r\n\r\n")
        assert b" 100 " in self.connection.file.readline()
        self.connection.file.readline()

    def finish(self):
        self.connection.send("m v=1 1")
        return self.connection.read_answer()


def is_stopping(server):
    """It accepts nobody any more."""
    try:
        socket.create_connection(("127.0.0.1", server.http_port), timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_running_requests_finish(tmp_path, number):
    with Server(tmp_path) as server:
        server.write_ok("db", "m v=0 0")
        request = HalfSent(server)
        server.process.send_signal(number)
        wait_until("it stops", lambda: is_stopping(server))
        assert request.finish().status == 204
        assert server.process.wait(timeout=60) == 0, server.log()
        server.start()
        assert server.value("db", "SELECT count(*) FROM m") == 2


def test_requests_that_do_not_end_are_broken_off_at_the_deadline(tmp_path):
    with Server(tmp_path, options=["--drain-timeout", "0"]) as server:
        server.write_ok("db", "m v=0 0")
        request = HalfSent(server)
        server.process.terminate()
        assert server.process.wait(timeout=60) == 0, server.log()
        request.connection.close()


def test_a_second_signal_ends_it_at_once_and_nothing_acknowledged_is_lost(tmp_path):
    with Server(tmp_path, options=["--drain-timeout", "3600"]) as server:
        server.write_ok("db", "m v=0 0")
        request = HalfSent(server)
        server.process.terminate()
        wait_until("it stops", lambda: is_stopping(server))
        server.process.terminate()
        assert server.process.wait(timeout=60) == 128 + signal.SIGTERM
        request.connection.close()
        assert "ended at once by a second signal" in server.log()
        server.start()
        assert server.value("db", "SELECT count(*) FROM m") == 1


def test_a_hangup_changes_nothing(tmp_path):
    with Server(tmp_path, options=["--log-filter", "info"]) as server:
        server.process.send_signal(signal.SIGHUP)
        wait_until("it is logged", lambda: "SIGHUP changes nothing" in server.log())
        server.write_ok("db", "m v=0 0")


@pytest.mark.parametrize("tls", [False, True])
def test_the_service_manager_hears_how_the_server_is(tmp_path, manager, tls):
    certificate = Certificate(tmp_path, "server") if tls else None
    environment = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"}
    if sanitized():
        environment["WATCHDOG_USEC"] = "6000000"
    with Server(tmp_path, environment=environment, certificate=certificate) as server:
        manager.wait_for("READY=1")
        manager.wait_for("STATUS=ready, 0 databases")
        for _ in range(3):
            manager.forget()
            manager.wait_for("WATCHDOG=1")
        server.stop()
        manager.wait_for("STOPPING=1\nSTATUS=")
        manager.wait_for("EXTEND_TIMEOUT_USEC=")


def test_ready_means_that_it_listens_and_the_status_tells_of_loading(tmp_path, manager):
    with Server(tmp_path, environment={"NOTIFY_SOCKET": manager.path}, server_id=None) as server:
        manager.wait_for("READY=1")
        manager.wait_for("STATUS=waiting for a server id, 0 databases")
        assert requests.get(server.http + "/health", timeout=10).text == "OK"
        assert server.cli("server", "set", "1").returncode == 0
        manager.wait_for("STATUS=ready, 0 databases")
        assert not manager.heard("WATCHDOG=1"), "nobody asked for it"


def test_the_watchdog_of_another_process_is_none_of_ours(tmp_path, manager):
    environment = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "300000", "WATCHDOG_PID": str(os.getpid())}
    with Server(tmp_path, environment=environment) as server:
        manager.wait_for("STATUS=ready")
        server.stop()
        assert not manager.heard("WATCHDOG=1")
