"""Writes that the rules of a database send to other servers."""
import json

import pytest
import requests

import entry_buffer
from conftest import BY_TABLE, CPU_AND_DISK, Api
from expect import field_violation, not_found, refused
from support.server import Server, free_ports

TABLES = ("cpu", "mem", "disk")
LINES = "cpu,host=a v=1 1\nmem,host=a v=2 2\ndisk,host=a v=3 3\ncpu,host=b v=4 4\n"


def named(**rules):
    return {"name": "db", "partition_template": BY_TABLE, **rules}


def group(*nodes):
    return {"nodes": [{"id": node} for node in nodes]}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A router and three servers behind it, 1 and 2 to 4, which know nothing of each other yet."""
    servers = [Server(tmp_path_factory.mktemp(f"server{number}"), server_id=number).start() for number in range(1, 5)]
    yield [Api(server) for server in servers]
    for server in servers:
        server.stop()


@pytest.fixture
def nodes(cluster):
    """The same, each with an empty database, and remotes set."""
    router, *others = cluster
    for each in cluster:
        if "db" in each.management.ListDatabases().names:
            each.management.DeleteDatabase(db_name="db", keep_for={})
        each.create("db")
    for number, other in enumerate(others, 2):
        router.management.UpdateRemote(remote={"id": number,
                                               "connection_string": f"http://127.0.0.1:{other.server.grpc_port}"})
    return cluster


def tables(api):
    return sorted({chunk.table_name for chunk in api.chunks("db")})


def rows(api):
    return sum(chunk.row_count for chunk in api.chunks("db"))


def test_lines_go_to_three_targets_by_two_expressions_and_the_ring(nodes):
    router, *others = nodes
    router.management.UpdateDatabase(rules=named(shard_config={
        "specific_targets": [{"matcher": {"table_name_regex": "^cpu$"}, "shard": 42},
                             {"matcher": {"table_name_regex": "^mem$"}, "shard": 44}],
        "hash_ring": {"table_name": True, "shards": [43]},
        "shards": {42: {"iox": group(2)}, 43: {"iox": group(3)}, 44: {"iox": group(4)}}}))
    assert router.write.Write(db_name="db", lp_data=LINES).lines_written == 4
    assert [tables(other) for other in others] == [["cpu"], ["disk"], ["mem"]]
    assert tables(router) == []
    assert others[0].flight("db", "SELECT v, time FROM cpu ORDER BY time") == [{"v": 1.0, "time": 1},
                                                                                {"v": 4.0, "time": 4}]
    answer = requests.post(f"{router.server.http}/api/v2/write?bucket=db&org=", data="mem v=5 5",
                           timeout=60)
    assert answer.status_code == 204
    assert rows(others[2]) == 2


def test_a_whole_database_goes_to_its_target(nodes):
    router, first, *_ = nodes
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(2)}))
    router.write.Write(db_name="db", lp_data=LINES)
    assert tables(first) == sorted(TABLES) and tables(router) == []


def test_an_entry_is_always_stored_where_it_arrives(nodes):
    router, first, *_ = nodes
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(2)}))
    entry = entry_buffer.entry({"p": {"cpu": [entry_buffer.Column("v", entry_buffer.FIELD, entry_buffer.F64, [1.0]),
                                              entry_buffer.Column("time", entry_buffer.TIME, entry_buffer.I64, [1])]}})
    router.write.WriteEntry(db_name="db", entry=entry)
    assert rows(router) == 1 and rows(first) == 0


def test_servers_that_route_to_each_other_do_not_go_round(nodes):
    router, first, *_ = nodes
    first.management.UpdateRemote(remote={"id": 1,
                                          "connection_string": f"http://127.0.0.1:{router.server.grpc_port}"})
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(2)}))
    first.management.UpdateDatabase(rules=named(routing_config={"target": group(1)}))
    router.write.Write(db_name="db", lp_data=LINES)
    assert rows(first) == 4 and rows(router) == 0


def test_a_node_that_is_no_remote_is_named(nodes):
    router = nodes[0]
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(77)}))
    not_found(lambda: router.write.Write(db_name="db", lp_data=LINES), "remote", "[ServerId(77)]")


def test_a_dead_remote_is_passed_over_and_live_ones_are_both_used(nodes):
    router, first, second, _ = nodes
    [dead] = free_ports(1)
    router.management.UpdateRemote(remote={"id": 9, "connection_string": f"http://127.0.0.1:{dead}"})
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(9, 2, 3)}))
    for at in range(100):
        router.write.Write(db_name="db", lp_data=f"cpu v=1 {at}")
    assert rows(first) + rows(second) == 100
    assert rows(first) > 0 and rows(second) > 0
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(9)}))
    failure = refused(lambda: router.write.Write(db_name="db", lp_data=LINES), "UNAVAILABLE")
    assert "ServerId(9)" in failure.text


def test_what_the_other_server_refuses_is_told(nodes):
    router, first, *_ = nodes
    router.management.UpdateDatabase(rules=named(routing_config={"target": group(2)}))
    first.write.Write(db_name="db", lp_data="cpu v=1i 1")
    failure = field_violation(lambda: router.write.Write(db_name="db", lp_data="cpu v=1.5 2"), "lp_data")
    assert "server 2" in failure
    first.management.DeleteDatabase(db_name="db", keep_for={})
    failure = refused(lambda: router.write.Write(db_name="db", lp_data="cpu v=1.5 2"), "UNAVAILABLE")
    assert "not found" in failure.text


def test_bad_lines_and_lines_without_a_rule_are_told_by_number(nodes):
    router = nodes[0]
    router.management.UpdateDatabase(rules=named(shard_config={
        "specific_targets": [{"matcher": {"table_name_regex": "^cpu$"}, "shard": 1}], "shards": {1: {"iox": group(2)}}}))
    answer = requests.post(f"{router.server.http}/api/v3/write_lp?db=db", data="cpu v=1 1\nmem v=1 1\nbad",
                           timeout=60)
    assert answer.status_code == 400
    assert [each["line_number"] for each in json.loads(answer.text)["data"]] == [2, 3]
    assert rows(nodes[1]) == 1


def test_a_template_finds_servers_that_are_no_remotes(start, tmp_path):
    with Server(tmp_path / "two", server_id=2) as two:
        other = Api(two)
        other.create("db")
        router = start("--remote-template", f"http://127.0.0.{{id}}:{two.grpc_port}")
        router.create("db", routing_config={"target": group(1)})
        router.write.Write(db_name="db", lp_data=CPU_AND_DISK)
        assert rows(other) == 3
