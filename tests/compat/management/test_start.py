"""What the server says of its start and of databases that it cannot open."""
import shutil

from conftest import CPU_AND_DISK
from support.server import wait_until

KNOWN, INITIALIZED = 1, 4


def status(api):
    return api.management.GetServerStatus().server_status


def test_databases_are_listed_by_name_when_they_are_initialized(start):
    api = start()
    for name in ("zebra", "ant"):
        api.create(name)
    shown = status(api)
    assert shown.initialized and not shown.HasField("error")
    assert [(each.db_name, each.state, each.HasField("error")) for each in shown.database_statuses] == [
        ("ant", INITIALIZED, False), ("zebra", INITIALIZED, False)]


def test_an_unreadable_store_is_an_error_of_the_server(start):
    api = start(server_id=None)
    store = api.server.data / "store"
    assert store.exists()
    shutil.rmtree(store)
    api.management.UpdateServerId(id=42)
    wait_until("an error", lambda: status(api).HasField("error"), lambda: status(api))
    shown = status(api)
    assert shown.error.message.startswith("store error:")
    assert not shown.initialized and len(shown.database_statuses) == 0


def test_garbage_in_the_rules_of_one_database(start):
    api = start()
    api.create("my_db", CPU_AND_DISK)
    api.create("other", CPU_AND_DISK)
    api.server.stop()
    [rules] = api.server.data.glob("**/42/my_db/rules.pb")
    rules.write_bytes(b"\xff garbage")
    api.server.start()
    api.ready()
    shown = status(api)
    assert shown.initialized and not shown.HasField("error")
    broken, fine = shown.database_statuses
    assert (broken.db_name, broken.state) == ("my_db", KNOWN)
    assert broken.error.message.startswith("error deserializing database rules from protobuf:")
    assert (fine.db_name, fine.state, fine.HasField("error")) == ("other", INITIALIZED, False)
    api.write.Write(db_name="other", lp_data=CPU_AND_DISK)
