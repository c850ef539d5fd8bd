"""What docs/operations.md says of backups: a copy of store and log is everything, a copy of the store is what was persisted."""
import shutil

from support.server import Server


def persist(server, database):
    ended = server.cli("database", "partition", "persist", database, "1970-01-01", "m", "--wait")
    assert ended.returncode == 0, ended.stderr


def test_a_copy_of_store_and_log_is_everything(tmp_path):
    with Server(tmp_path / "first") as server:
        server.write_ok("db", ["m v=1i 1"])
        persist(server, "db")
        server.write_ok("db", ["m v=2i 2"])
    shutil.copytree(tmp_path / "first" / "data", tmp_path / "second" / "data")
    shutil.rmtree(tmp_path / "first")
    with Server(tmp_path / "second") as server:
        assert server.value("db", "SELECT sum(v) FROM m") == 3
        server.write_ok("db", ["m v=3i 3"])
        assert server.value("db", "SELECT sum(v) FROM m") == 6


def test_a_copy_of_the_store_alone_is_what_was_persisted(tmp_path):
    with Server(tmp_path / "first") as server:
        server.write_ok("db", ["m v=1i 1"])
        persist(server, "db")
        server.write_ok("db", ["m v=2i 2"])
    shutil.copytree(tmp_path / "first" / "data" / "store", tmp_path / "second" / "data" / "store")
    with Server(tmp_path / "second") as server:
        assert server.value("db", "SELECT sum(v) FROM m") == 1
        server.write_ok("db", ["m v=3i 3"])
        assert server.value("db", "SELECT sum(v) FROM m") == 4
