"""Databases that are deleted and come back, partitions that are persisted and dropped, catalogs that are verified: on a real server."""
import json

import pytest

KEY = "1970-01-01 00:00:00"


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def database(server, request):
    name = request.node.name.replace("test_", "")[:50]
    assert server.cli("database", "create", name).returncode == 0
    assert server.cli("database", "write", name, "-", stdin="m,t=a v=1i 10\nm,t=b v=2i 20\n").returncode == 0
    return name


def done(ended, code=0):
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended


def test_a_deleted_database_comes_back_with_its_rows(server, database):
    deleted = json.loads(done(server.cli("database", "delete", database, "--keep-for", "2h", "--yes", "--format", "json")).stdout)
    assert database not in server.cli("database", "list").stdout.splitlines()
    gone = done(server.cli("database", "get", database), 1)
    assert "Database not found" in gone.stderr
    kept = json.loads(done(server.cli("database", "list", "--deleted", "--format", "json")).stdout)
    [mine] = [each for each in kept if each["name"] == database]
    assert (mine["uuid"], mine["purge_at"]) == (deleted["uuid"], deleted["purge_at"])
    assert deleted["uuid"] in server.cli("database", "list", "--deleted").stdout
    assert done(server.cli("database", "restore", database, "--uuid", deleted["uuid"])).stdout == "Ok\n"
    assert server.value(database, "SELECT sum(v) FROM m") == 3
    done(server.cli("database", "restore", database), 1)


def test_a_partition_is_persisted_compacted_and_dropped(server, database):
    place = (database, KEY, "m")
    job = json.loads(done(server.cli("database", "partition", "persist", *place, "--wait", "--format", "json")).stdout)
    assert job["status"] == "Complete"
    [chunk] = json.loads(server.cli("database", "chunk", "list", database).stdout)
    assert chunk["storage"] in ("ReadBufferAndObjectStore", "ObjectStoreOnly")
    job = json.loads(done(server.cli("database", "partition", "compact", *place, "--wait", "--format", "json")).stdout)
    assert job["status"] == "Complete"
    assert server.value(database, "SELECT sum(v) FROM m") == 3
    assert done(server.cli("database", "partition", "drop", *place, "--yes")).stdout == "Ok\n"
    assert server.value(database, "SELECT count(*) FROM m") == 0


def test_a_catalog_is_verified(server, database):
    done(server.cli("database", "partition", "persist", database, KEY, "m", "--wait"))
    verified = done(server.cli("database", "catalog", "verify", database, "--wait"))
    assert verified.stdout.strip() and not verified.stdout.startswith("{")  # what it found, for people
    as_json = json.loads(done(server.cli("database", "catalog", "verify", database, "--wait", "--format", "json")).stdout)
    assert as_json["status"] == "Complete" and as_json["job"] == {"VerifyCatalog": {"db_name": database}}
    done(server.cli("database", "catalog", "rebuild", database, "--wait"), 1)  # it is loaded: nothing is to be remade
