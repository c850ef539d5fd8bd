"""Line protocol over gRPC, and how a full database refuses it."""
from conftest import CPU_AND_DISK
from expect import field_violation, not_found, precondition, refused


def test_lines_are_counted_and_come_back(api, name):
    api.create(name)
    assert api.write.Write(db_name=name, lp_data=CPU_AND_DISK).lines_written == 3
    assert api.flight(name, "SELECT region, user FROM cpu ORDER BY time") == [
        {"region": "west", "user": 23.2}, {"region": "west", "user": 21.0}]
    assert api.flight(name, "SELECT * FROM cpu WHERE region = 'nowhere'") == []
    assert api.server.rows(name, "SELECT region FROM disk") == [{"region": "east"}]


def test_a_bad_line_refuses_all(api, name):
    api.create(name, "m v=1i 1")
    field_violation(lambda: api.write.Write(db_name=name, lp_data="m v=2i 2\nXXX"), "lp_data", "Invalid Line Protocol:")
    assert api.flight(name, "SELECT v FROM m") == [{"v": 1}]


def test_an_unknown_database(api):
    not_found(lambda: api.write.Write(db_name="nobody", lp_data=CPU_AND_DISK), "database", "nobody")


def test_an_immutable_database(api, name):
    api.create(name, lifecycle_rules={"immutable": True})
    precondition(lambda: api.write.Write(db_name=name, lp_data=CPU_AND_DISK), "database", "immutable")


def test_a_full_database_says_so(api, name):
    api.create(name, lifecycle_rules={"buffer_size_hard": 1 << 20, "late_arrive_window_seconds": 1000, "persist": False})

    def flood():
        for first in range(0, 1_000_000, 1000):
            api.write.Write(db_name=name, lp_data="".join(f'm,t=x{i} v="{i:0100}" {i}\n' for i in range(first, first + 1000)))

    failure = refused(flood, "RESOURCE_EXHAUSTED")
    assert "hard buffer limit reached" in failure.text
    [violation] = failure.details["google.rpc.QuotaFailure"].violations
    assert violation.subject == "influxdata.com/iox/buffer"
