"""Unmodified client libraries: every row they write comes back with its values."""
import pytest
from influxdb import InfluxDBClient as ClientV1
from influxdb_client import InfluxDBClient as ClientV2
from influxdb_client import Point as PointV2
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client_3 import InfluxDBClient3, Point
from influxdb_client_3.exceptions.exceptions import InfluxDBPartialWriteError

START_NS = 1_700_000_000_123_456_789
ROWS = 500


def client_v3(server, database, **options):
    return InfluxDBClient3(host=server.http, token="any", database=database, query_port_overwrite=server.grpc_port, **options)


def points(kind):
    return [
        kind("room").tag("name", f"kitchen {i % 7}").tag("floor", "ground, left").field("temperature", 20.25 + i)
        .field("people", i).field("open", i % 2 == 0).field("note", f'said "{i}", then\\left').time(START_NS + i)
        for i in range(ROWS)
    ]


def check_rows(rows):
    rows = sorted(rows, key=lambda row: row["people"])
    assert len(rows) == ROWS
    for i, row in enumerate(rows):
        assert row["people"] == i
        assert row["name"] == f"kitchen {i % 7}"
        assert row["floor"] == "ground, left"
        assert row["temperature"] == 20.25 + i
        assert row["open"] is (i % 2 == 0)
        assert row["note"] == f'said "{i}", then\\left'


def rows_of(table):
    """Without `time`: Python's own instants have no nanoseconds."""
    return table.drop_columns(["time"]).to_pylist()


def test_v3_client_writes_by_v2_path_and_reads_by_flight(shared_server):
    with client_v3(shared_server, "python_v3_by_v2", write_use_v2_api=True) as client:
        client.write(points(Point))
        table = client.query("SELECT * FROM room ORDER BY time", language="sql")
        check_rows(rows_of(table))
        times = table.column("time").cast("int64").to_pylist()
        assert times == [START_NS + i for i in range(ROWS)], "nanoseconds are kept"


@pytest.mark.parametrize("options", [{}, {"write_no_sync": True}, {"enable_gzip": True, "gzip_threshold": 1}])
def test_v3_client_writes_by_v3_path_and_reads_by_flight(shared_server, options):
    database = "python_v3_" + "_".join(options or ["plain"])
    with client_v3(shared_server, database, write_use_v2_api=False, **options) as client:
        client.write(points(Point))
        check_rows(rows_of(client.query("SELECT * FROM room", language="sql")))


def test_v3_client_reads_with_parameters_and_as_a_stream(shared_server):
    with client_v3(shared_server, "python_v3_params", write_use_v2_api=False) as client:
        client.write(points(Point))
        table = client.query("SELECT people FROM room WHERE people >= $least ORDER BY people", language="sql",
                             query_parameters={"least": 498})
        assert table.column("people").to_pylist() == [498, 499]
        assert sum(batch.num_rows for batch in client.query("SELECT * FROM room", language="sql", mode="reader")) == ROWS


def test_v3_client_is_told_which_line_was_bad(shared_server):
    with client_v3(shared_server, "python_v3_partial", write_use_v2_api=False, write_accept_partial=True) as client:
        with pytest.raises(InfluxDBPartialWriteError) as raised:
            client.write("m v=1i 1\nm v=what 2\nm v=3i 3")
        line = raised.value.line_errors[0]
        assert line.line_number == 2
        assert line.error_message
        assert client.query("SELECT v FROM m ORDER BY v", language="sql").column("v").to_pylist() == [1, 3]


def test_v3_client_learns_the_version(shared_server):
    with client_v3(shared_server, "python_v3_version") as client:
        assert client.get_server_version()


def test_v3_client_gets_a_clear_error_for_wrong_sql(shared_server):
    with client_v3(shared_server, "python_v3_wrong", write_use_v2_api=False) as client:
        client.write("m v=1i 1")
        with pytest.raises(Exception, match="nowhere"):
            client.query("SELECT * FROM nowhere", language="sql")


def test_v2_client_writes(shared_server):
    with ClientV2(url=shared_server.http, token="any", org="home") as client:
        assert client.ping()
        client.write_api(write_options=SYNCHRONOUS).write(bucket="python_v2", record=points(PointV2))
    check_rows(shared_server.rows("python_v2", "SELECT * FROM room"))


def test_v2_client_in_background_batches_with_gzip(shared_server):
    with ClientV2(url=shared_server.http, token="any", org="home", enable_gzip=True) as client:
        with client.write_api() as api:
            for point in points(PointV2):
                api.write(bucket="python_v2_batches", record=point)
    check_rows(shared_server.rows("python_v2_batches", "SELECT * FROM room"))


def test_v1_client_creates_its_database_and_writes(shared_server):
    client = ClientV1(host="127.0.0.1", port=shared_server.http_port, username="user", password="secret")
    client.create_database("python_v1")
    assert {"name": "python_v1"} in client.get_list_database()
    client.switch_database("python_v1")
    assert client.write_points([
        {"measurement": "room", "tags": {"name": f"kitchen {i % 7}", "floor": "ground, left"}, "time": START_NS + i,
         "fields": {"temperature": 20.25 + i, "people": i, "open": i % 2 == 0, "note": f'said "{i}", then\\left'}}
        for i in range(ROWS)
    ], time_precision="n")
    client.close()
    check_rows(shared_server.rows("python_v1", "SELECT * FROM room"))
