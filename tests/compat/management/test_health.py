"""Health says that the process answers; readiness is another thing, and gates the calls that touch data."""
import grpc
import pyarrow.flight
import pytest
import requests

from conftest import CPU_AND_DISK
from entry_buffer import F64, FIELD, I64, TIME, Column, entry
from expect import not_found, not_ready, refused
from tables import HEALTH_NAMES

SERVING = 1
SERVICE_UNKNOWN = 3


@pytest.mark.parametrize("service", HEALTH_NAMES)
def test_every_service_is_serving(api, service):
    assert api.health.Check(service=service).status == SERVING


def test_unknown_services_are_not_found(api):
    refused(lambda: api.health.Check(service="influxdata.platform.storage"), "NOT_FOUND")


def test_watch_answers_at_once_and_stays_open(api):
    stream = api.health.Watch(service="influxdata.platform.storage.Storage")
    assert next(stream).status == SERVING
    assert stream.is_active()
    stream.cancel()
    stream = api.health.Watch(service="somebody.else")
    assert next(stream).status == SERVICE_UNKNOWN
    stream.cancel()


def test_a_watch_does_not_hold_up_the_end_of_a_server(start):
    api = start()
    stream = api.health.Watch(service="")
    assert next(stream).status == SERVING
    api.server.stop()  # asserts that it ends in time
    with pytest.raises(grpc.RpcError):
        next(stream)


def test_the_testing_service_is_not_implemented(api):
    refused(api.service("influxdata.platform.storage.IOxTesting").TestError, "UNIMPLEMENTED")


def batch(name):
    return {"database_name": name, "table_batches": [{"table_name": "t", "row_count": 1, "columns": [
        {"column_name": "time", "semantic_type": 4, "values": {"i64_values": [5]}},
        {"column_name": "v", "semantic_type": 3, "values": {"f64_values": [1.5]}}]}]}


ENTRY = entry({"": {"t": [Column("time", TIME, I64, [7]), Column("v", FIELD, F64, [2.5])]}})


def assert_gated(api, name):
    not_ready(lambda: api.write.Write(db_name=name, lp_data=CPU_AND_DISK))
    not_ready(lambda: api.write.WriteEntry(db_name=name, entry=ENTRY))
    not_ready(lambda: api.column_write.Write(database_batch=batch(name)))
    with pytest.raises(pyarrow.flight.FlightUnavailableError, match="service not ready to serve"):
        api.flight(name, "SELECT 1")
    for answer in (api.server.write(name, "m v=1i 1"), api.server.write(name, "m v=1i 1", path="/api/v2/write"),
                   api.server.write(name, "m v=1i 1", path="/write"), api.server.query(name, "SELECT 1")):
        assert answer.status_code == 503
        assert "service not ready to serve" in answer.text


def assert_never_gated(api):
    assert api.management.GetServerId().id == 42
    assert api.management.GetServerStatus().server_status.initialized
    api.operations.ListOperations()
    for service in HEALTH_NAMES:
        assert api.health.Check(service=service).status == SERVING
    next(iter(api.reflection.ServerReflectionInfo(list_services="")))
    for path in ("/health", "/metrics", "/ping", "/api/v1/status"):
        assert requests.get(api.server.http + path, timeout=30).ok, path


def test_readiness_off_refuses_data_and_nothing_else(start, name):
    api = start()
    api.create(name)
    api.management.SetServingReadiness(ready=False)
    assert_gated(api, name)
    assert_never_gated(api)
    api.create(name + "2")  # managing is no data call
    api.management.SetServingReadiness(ready=True)
    api.write.Write(db_name=name, lp_data=CPU_AND_DISK)
    api.write.WriteEntry(db_name=name, entry=ENTRY)
    api.column_write.Write(database_batch=batch(name))
    assert api.flight(name, "SELECT v FROM t ORDER BY v") == [{"v": 1.5}, {"v": 2.5}]


def test_a_server_may_start_without_serving(start, name):
    api = start("--initial-serving-readiness-state", "unavailable")
    api.create(name)
    assert_gated(api, name)
    assert_never_gated(api)
    api.management.SetServingReadiness(ready=True)
    api.write.Write(db_name=name, lp_data=CPU_AND_DISK)


def test_serving_is_the_state_to_start_with(start, name):
    api = start("--initial-serving-readiness-state", "serving")
    api.create(name, CPU_AND_DISK)
    assert api.flight(name, "SELECT count(*) AS n FROM cpu") == [{"n": 2}]


def test_an_unknown_state_to_start_with_is_refused(start):
    with pytest.raises(AssertionError, match="serving"):
        start("--initial-serving-readiness-state", "maybe")


def test_refused_calls_are_refused_before_their_database_is_looked_for(start):
    api = start("--initial-serving-readiness-state", "unavailable")
    not_ready(lambda: api.write.Write(db_name="nobody", lp_data="m v=1i 1"))
    api.management.SetServingReadiness(ready=True)
    not_found(lambda: api.write.Write(db_name="nobody", lp_data="m v=1i 1"), "database", "nobody")
