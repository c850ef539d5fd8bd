"""Long-running operations, by jobs that only sleep."""
from expect import field_violation, not_found, refused

SECOND = 1_000_000_000


def listed(api):
    return {each.name: each for each in api.operations.ListOperations().operations}


def test_a_job_is_seen_waited_for_and_cancelled(api):
    operation = api.management.CreateDummyJob(nanos=[1000 * SECOND, 1]).operation
    assert operation.name.isdecimal()
    assert api.metadata(operation).WhichOneof("job") == "dummy"
    assert sorted(api.metadata(operation).dummy.nanos) == [1, 1000 * SECOND]
    while (meta := api.metadata(api.operations.GetOperation(name=operation.name))).pending_count > 1:
        pass
    assert (meta.task_count, meta.pending_count, meta.wall_nanos) == (2, 1, 0)
    assert not listed(api)[operation.name].done

    waited = api.operations.WaitOperation(name=operation.name, timeout={"nanos": 10_000_000})
    assert not waited.done and waited.WhichOneof("result") is None
    assert api.metadata(waited).wall_nanos == 0

    api.operations.CancelOperation(name=operation.name)
    done = api.operations.WaitOperation(name=operation.name)
    assert done.done and done.WhichOneof("result") == "error"
    assert (done.error.code, done.error.message) == (1, "Job cancelled")
    meta = api.metadata(done)
    assert meta.wall_nanos > 0 and meta.cpu_nanos > 0 and meta.pending_count == 0
    assert listed(api)[operation.name].done
    assert api.operations.GetOperation(name=operation.name) == done


def test_a_job_that_ends_well(api):
    operation = api.management.CreateDummyJob(nanos=[1]).operation
    done = api.operations.WaitOperation(name=operation.name, timeout={"seconds": 60})
    assert done.done
    assert done.response.type_url == "type.googleapis.com/google.protobuf.Empty"


def test_names_that_are_no_operation(api):
    for call in (api.operations.GetOperation, api.operations.CancelOperation, api.operations.WaitOperation):
        for bad in ("", "abc", "1x", "-1"):
            field_violation(lambda call=call, bad=bad: call(name=bad), "name")
        not_found(lambda call=call: call(name="999999999"), "job", "999999999")


def test_operations_are_not_deleted(api):
    operation = api.management.CreateDummyJob(nanos=[1]).operation
    refused(lambda: api.operations.DeleteOperation(name=operation.name), "UNIMPLEMENTED")
