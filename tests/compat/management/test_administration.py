"""Deleting databases and bringing them back, catalogs, and what one may ask of a partition."""
import pathlib

import pytest

from conftest import CPU_AND_DISK
from expect import field_violation, not_found, refused


def ended(api, operation):
    return api.operations.WaitOperation(name=operation.name, timeout={"seconds": 60})


def well(api, operation):
    done = ended(api, operation)
    assert done.done and done.WhichOneof("result") == "response", done
    return api.metadata(done)


def rows(api, name, table="cpu"):
    return api.flight(name, f"SELECT count(*) AS n FROM {table}")[0]["n"]


def test_a_database_is_deleted_and_restored(api, name):
    api.create(name, CPU_AND_DISK)
    deleted = api.management.DeleteDatabase(db_name=name)
    assert len(deleted.uuid) == 16
    assert name not in api.management.ListDatabases().names
    not_found(lambda: api.management.GetDatabase(name=name), "database", name)
    not_found(lambda: api.write.Write(db_name=name, lp_data="cpu v=1 1"), "database", name)
    [kept] = [each for each in api.management.ListDeletedDatabases().databases if each.db_name == name]
    assert kept.uuid == deleted.uuid and kept.purge_at == deleted.purge_at
    assert kept.purge_at.seconds - kept.deleted_at.seconds == 72 * 3600

    not_found(lambda: api.management.RestoreDatabase(db_name=name, uuid=bytes(16)), "database", name)
    assert api.management.RestoreDatabase(db_name=name).uuid == deleted.uuid
    assert rows(api, name) == 2
    assert name not in [each.db_name for each in api.management.ListDeletedDatabases().databases]
    not_found(lambda: api.management.RestoreDatabase(db_name=name), "database", name)


def test_a_name_can_be_taken_anew_and_the_old_one_comes_back_after(api, name):
    api.create(name, CPU_AND_DISK)
    old = api.management.DeleteDatabase(db_name=name, keep_for={"seconds": 3600}).uuid
    api.create(name, "cpu v=1 1")
    assert rows(api, name) == 1
    failure = refused(lambda: api.management.RestoreDatabase(db_name=name), "ALREADY_EXISTS")
    assert name in failure.text
    api.management.DeleteDatabase(db_name=name)
    api.management.RestoreDatabase(db_name=name, uuid=old)
    assert rows(api, name) == 2


def test_a_database_that_is_kept_for_no_time_is_purged(api, name):
    api.create(name, CPU_AND_DISK)
    folder = pathlib.Path(api.server.data) / "store" / "42" / name
    assert any(folder.rglob("*"))
    api.management.DeleteDatabase(db_name=name, keep_for={})
    while name in [each.db_name for each in api.management.ListDeletedDatabases().databases]:
        pass
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("keep_for", [{"seconds": -1}, {"nanos": -1}, {"seconds": 1 << 60}])
def test_times_to_keep_that_are_none(api, name, keep_for):
    field_violation(lambda: api.management.DeleteDatabase(db_name=name, keep_for=keep_for), "keep_for")


def test_deleting_what_is_not_there(api, name):
    not_found(lambda: api.management.DeleteDatabase(db_name=name), "database", name)
    field_violation(lambda: api.management.RestoreDatabase(db_name=name, uuid=b"short"), "uuid")


def test_a_partition_is_persisted_compacted_and_dropped(api, name):
    api.create(name)
    place = {"db_name": name, "partition_key": "cpu", "table_name": "cpu"}
    for at in range(3):
        api.write.Write(db_name=name, lp_data=f"cpu v={at} {at}")
        metadata = well(api, api.management.PersistPartition(**place).operation)
        assert metadata.persist_chunks.table_name == "cpu"
    assert len(api.chunks(name)) == 3
    assert set(api.storages(name)) <= {"READ_BUFFER_AND_OBJECT_STORE", "OBJECT_STORE_ONLY"}
    well(api, api.management.CompactPartition(**place).operation)
    assert len(api.chunks(name)) == 1 and rows(api, name) == 3
    assert "nothing" in well(api, api.management.CompactPartition(**place).operation).report

    api.write.Write(db_name=name, lp_data="cpu v=9 9\nmem v=1 1")
    api.management.DropPartition(**place)
    assert [chunk.table_name for chunk in api.chunks(name)] == ["mem"]
    api.write.Write(db_name=name, lp_data="cpu v=5 5")
    assert rows(api, name) == 1


@pytest.mark.parametrize("call", ["PersistPartition", "CompactPartition", "DropPartition"])
def test_partitions_that_are_not_there(api, name, call):
    ask = getattr(api.management, call)
    not_found(lambda: ask(db_name=name, partition_key="cpu", table_name="cpu"), "database", name)
    api.create(name, CPU_AND_DISK)
    not_found(lambda: ask(db_name=name, partition_key="cpu", table_name="nothing"), "table", "nothing")
    not_found(lambda: ask(db_name=name, partition_key="nothing", table_name="cpu"), "partition", "cpu:nothing")


def test_a_catalog_is_verified(api, name):
    api.create(name, CPU_AND_DISK)
    metadata = well(api, api.management.VerifyCatalog(db_name=name).operation)
    assert metadata.verify_catalog.db_name == name and metadata.report and metadata.description
    not_found(lambda: api.management.VerifyCatalog(db_name="nobody"), "database", "nobody")


def test_a_catalog_that_is_loaded_is_neither_rebuilt_nor_wiped(api, name):
    api.create(name, CPU_AND_DISK)
    for call in (api.management.RebuildCatalog, api.management.WipePreservedCatalog):
        failure = refused(lambda call=call: call(db_name=name), "ALREADY_EXISTS")
        assert name in failure.text
    not_found(lambda: api.management.RebuildCatalog(db_name="nobody"), "database", "nobody")


def test_wiping_a_name_that_is_not_loaded(api):
    operation = api.management.WipePreservedCatalog(db_name="nobody").operation
    assert well(api, operation).wipe_preserved_catalog.db_name == "nobody"
    assert "nobody" not in api.management.ListDatabases().names


def test_names_that_no_database_can_have_are_not_kept_in_a_job(api):
    for bad in ("", "x" * 65, "x" * 3_000_000):
        field_violation(lambda bad=bad: api.management.WipePreservedCatalog(db_name=bad), "db_name")


@pytest.mark.parametrize("call", ["RebuildCatalog", "WipePreservedCatalog"])
def test_a_broken_catalog_is_made_anew_with_all_its_files(start, call):
    api = start()
    api.create("db", CPU_AND_DISK)
    for table in ("cpu", "disk"):
        well(api, api.management.PersistPartition(db_name="db", partition_key=table, table_name=table).operation)
    api.server.stop()
    for path in pathlib.Path(api.server.data, "store", "42", "db").rglob("*"):
        if path.is_file() and "catalog" in path.parts:
            path.write_bytes(b"garbage")
    api.restart()
    [status] = api.management.GetServerStatus().server_status.database_statuses
    assert status.error.message
    broken = ended(api, api.management.VerifyCatalog(db_name="db").operation)
    assert broken.error.code and api.metadata(broken).report
    well(api, getattr(api.management, call)(db_name="db").operation)
    [status] = api.management.GetServerStatus().server_status.database_statuses
    assert not status.error.message
    assert rows(api, "db") == 2
    api.write.Write(db_name="db", lp_data="cpu v=1 1")
