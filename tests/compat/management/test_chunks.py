"""Chunks and partitions as the management API shows and moves them."""
from conftest import CPU_AND_DISK
from expect import not_found, precondition
from support.server import wait_until
from wire import Failure

import pytest


def test_open_chunks_are_listed(api, name):
    api.create(name, CPU_AND_DISK)
    assert api.storages(name) == ["OPEN_MUTABLE_BUFFER"] * 2
    cpu, disk = api.chunks(name)
    assert [(each.partition_key, each.table_name, each.id, each.row_count) for each in (cpu, disk)] == [
        ("cpu", "cpu", 0, 2), ("disk", "disk", 0, 1)]
    for chunk in (cpu, disk):
        assert chunk.estimated_bytes > 0
        assert chunk.lifecycle_action == 0
        assert chunk.HasField("time_of_first_write") and chunk.HasField("time_of_last_write")
        assert chunk.time_of_first_write.ToNanoseconds() <= chunk.time_of_last_write.ToNanoseconds()
        assert not chunk.HasField("time_closed")
    assert api.management.ListPartitionChunks(db_name=name, partition_key="cpu").chunks == [cpu]
    assert len(api.management.ListPartitionChunks(db_name=name, partition_key="nothing").chunks) == 0


def test_partitions_are_listed(api, name):
    api.create(name, "cpu v=1i 1\nmem v=1i 1\n")
    assert [each.key for each in api.management.ListPartitions(db_name=name).partitions] == ["cpu", "mem"]
    assert api.management.GetPartition(db_name=name, partition_key="cpu").partition.key == "cpu"
    answer = api.management.GetPartition(db_name=name, partition_key="nothing")
    assert not answer.HasField("partition")  # the 2021 client makes "Partition not found" of it


def test_calls_for_an_unknown_database(api):
    at = {"db_name": "nobody", "partition_key": "cpu"}
    for call in (lambda: api.management.ListChunks(db_name="nobody"),
                 lambda: api.management.ListPartitions(db_name="nobody"),
                 lambda: api.management.GetPartition(**at), lambda: api.management.ListPartitionChunks(**at),
                 lambda: api.management.NewPartitionChunk(**at, table_name="cpu"),
                 lambda: api.management.ClosePartitionChunk(**at, table_name="cpu"),
                 lambda: api.management.UnloadPartitionChunk(**at, table_name="cpu")):
        not_found(call, "database", "nobody")


def test_new_chunk_rolls_over(api, name):
    api.create(name, CPU_AND_DISK)
    api.management.NewPartitionChunk(db_name=name, partition_key="cpu", table_name="cpu")
    api.write.Write(db_name=name, lp_data=CPU_AND_DISK)
    assert len(api.management.ListPartitionChunks(db_name=name, partition_key="cpu").chunks) == 2
    not_found(lambda: api.management.NewPartitionChunk(db_name=name, partition_key="non_existent_partition",
                                                       table_name="cpu"), "partition", "cpu:non_existent_partition")
    not_found(lambda: api.management.NewPartitionChunk(db_name=name, partition_key="cpu",
                                                       table_name="non_existing_table"), "table", "non_existing_table")


def test_close_chunk_is_an_operation(api, name):
    api.create(name, CPU_AND_DISK)
    place = {"db_name": name, "partition_key": "cpu", "table_name": "cpu"}
    operation = api.management.ClosePartitionChunk(**place, chunk_id=0).operation
    close = api.metadata(operation).close_chunk
    assert (close.db_name, close.partition_key, close.table_name, close.chunk_id) == (name, "cpu", "cpu", 0)
    done = api.operations.WaitOperation(name=operation.name)
    assert done.done and done.WhichOneof("result") == "response"
    assert done.response.type_url == "type.googleapis.com/google.protobuf.Empty"
    assert api.metadata(done).wall_nanos > 0 and api.metadata(done).pending_count == 0
    [chunk] = api.management.ListPartitionChunks(db_name=name, partition_key="cpu").chunks
    assert (chunk.id, chunk.row_count) == (0, 2)
    assert api.storages(name) == ["READ_BUFFER", "OPEN_MUTABLE_BUFFER"]
    assert chunk.HasField("time_closed")
    not_found(lambda: api.management.ClosePartitionChunk(**place, chunk_id=17), "chunk", "cpu:cpu:17")


def test_an_open_chunk_closes_by_itself(api, name):
    api.create(name, CPU_AND_DISK, lifecycle_rules={"late_arrive_window_seconds": 1, "persist": False})
    wait_until("chunks in the read buffer", lambda: api.storages(name) == ["READ_BUFFER"] * 2,
               lambda: api.storages(name))


def test_unloading_needs_a_persisted_chunk(api, name):
    api.create(name, CPU_AND_DISK)
    place = {"db_name": name, "partition_key": "cpu", "table_name": "cpu", "chunk_id": 0}
    precondition(lambda: api.management.UnloadPartitionChunk(**place), "chunk", "wrong chunk lifecycle")
    not_found(lambda: api.management.UnloadPartitionChunk(**{**place, "chunk_id": 9}), "chunk", "cpu:cpu:9")
    not_found(lambda: api.management.UnloadPartitionChunk(**{**place, "partition_key": "x"}), "partition", "cpu:x")
    not_found(lambda: api.management.UnloadPartitionChunk(**{**place, "table_name": "x"}), "table", "x")


PERSIST_SOON = {"persist": True, "persist_row_threshold": 1000, "late_arrive_window_seconds": 1}


def rows(first, count):
    return "".join(f"data,tag=t{i % 10} value={i}i {i}\n" for i in range(first, first + count))


def persisted(api, name):
    api.create(name, rows(0, 1000), lifecycle_rules=PERSIST_SOON)
    wait_until("a persisted chunk", lambda: api.storages(name) == ["READ_BUFFER_AND_OBJECT_STORE"],
               lambda: api.storages(name))
    [chunk] = api.chunks(name)
    assert chunk.row_count == 1000
    return {"db_name": name, "partition_key": "data", "table_name": "data", "chunk_id": chunk.id}


def test_a_full_chunk_is_persisted_and_can_be_unloaded(api, name):
    place = persisted(api, name)
    before = api.flight(name, "SELECT * FROM data ORDER BY time")
    api.management.UnloadPartitionChunk(**place)
    assert api.storages(name) == ["OBJECT_STORE_ONLY"]
    assert api.chunks(name)[0].row_count == 1000
    assert api.flight(name, "SELECT * FROM data ORDER BY time") == before
    with pytest.raises(Failure, match="wrong chunk lifecycle"):
        api.management.UnloadPartitionChunk(**place)


def test_a_persisted_chunk_answers_after_a_restart(api, name):
    persisted(api, name)
    before = api.flight(name, "SELECT * FROM data ORDER BY time")
    api.restart()
    assert api.flight(name, "SELECT * FROM data ORDER BY time") == before
    assert len(before) == 1000


def test_rows_that_were_written_twice_are_persisted_once(api, name):
    api.create(name, lifecycle_rules={**PERSIST_SOON, "persist_row_threshold": 10_000, "buffer_size_soft": 512 << 10})
    for part in range(10):
        for _ in range(1 if part == 9 else 2):
            api.write.Write(db_name=name, lp_data=rows(1000 * part, 1000))
    wait_until("all rows once in the object store",
               lambda: sum(chunk.row_count for chunk in api.chunks(name)) == 10_000
               and all(storage.endswith("OBJECT_STORE") or storage == "OBJECT_STORE_ONLY" for storage in api.storages(name)),
               lambda: api.chunks(name))
    assert api.flight(name, "SELECT count(*) AS n FROM data") == [{"n": 10_000}]
