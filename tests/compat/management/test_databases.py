"""The server's id, databases and their rules."""
import pytest

import wire
from conftest import BY_TABLE
from expect import already_exists, field_violation, not_found, precondition, refused, resource
from support.server import wait_until


def test_the_id_is_set_once(start, name):
    api = start(server_id=None)
    failure = resource(api.management.GetServerId, "NOT_FOUND", "", "")
    assert failure.code == "NOT_FOUND"
    needs_id = ("Writer ID", "Writer ID must be set")
    precondition(lambda: api.create(name), *needs_id)
    precondition(lambda: api.column_write.Write(database_batch={"database_name": name}), *needs_id)
    assert not api.management.GetServerStatus().server_status.initialized
    assert list(api.management.ListDatabases().names) == []
    field_violation(lambda: api.management.UpdateServerId(id=0), "id", "required")
    api.management.UpdateServerId(id=42)
    assert api.management.GetServerId().id == 42
    field_violation(lambda: api.management.UpdateServerId(id=43), "id", "id already set")
    field_violation(lambda: api.management.UpdateServerId(id=42), "id", "id already set")
    wait_until("initialized", lambda: api.management.GetServerStatus().server_status.initialized)
    api.create(name)


def test_a_name_is_taken_once_and_listed(api, name):
    assert name not in api.management.ListDatabases().names
    api.create(name)
    assert name in api.management.ListDatabases().names
    already_exists(lambda: api.create(name), "database", name)
    names = list(api.management.ListDatabases().names)
    assert names == sorted(names)


def test_names_have_rules(api):
    for bad in ("", "a" * 65, "new\nline", "tab\t", "nul\0", "del\x7f"):
        field_violation(lambda bad=bad: api.create(bad), "rules.name")
    api.create("legal spaces and ümläute")
    not_found(lambda: api.management.GetDatabase(name="nobody"), "database", "nobody")


def test_rules_are_required(api, name):
    field_violation(api.management.CreateDatabase, "rules", "Field is required")
    field_violation(api.management.UpdateDatabase, "rules", "Field is required")
    template = {"parts": [{"table": {}}, {}]}
    field_violation(lambda: api.create(name, partition_template=template), "rules.partition_template.parts.1.part",
                    "Field is required")
    for part in ("regex", "strf_time"):
        template = {"parts": [{part: {"column": "", "format": "%Y"}}]}
        field_violation(lambda template=template: api.create(name, partition_template=template),
                        f"rules.partition_template.parts.0.part.{part}.column", "Field is required")
    field_violation(lambda: api.create(name, worker_cleanup_avg_sleep={"seconds": -1}), "rules.worker_cleanup_avg_sleep")
    field_violation(lambda: api.create(name, worker_cleanup_avg_sleep={"nanos": -1}), "rules.worker_cleanup_avg_sleep")
    assert name not in api.management.ListDatabases().names


def test_defaults_are_shown(api, name):
    api.management.CreateDatabase(rules={"name": name})
    rules = api.management.GetDatabase(name=name).rules
    assert rules.name == name
    assert len(rules.partition_template.parts) == 0
    lifecycle = rules.lifecycle_rules
    assert lifecycle.worker_backoff_millis == 1000
    assert lifecycle.catalog_transactions_until_checkpoint == 100
    assert lifecycle.late_arrive_window_seconds == 300
    assert lifecycle.persist_row_threshold == 1_000_000
    assert lifecycle.persist_age_threshold_seconds == 1800
    assert (lifecycle.buffer_size_soft, lifecycle.buffer_size_hard) == (0, 0)
    assert not lifecycle.drop_non_persisted and not lifecycle.immutable
    assert rules.worker_cleanup_avg_sleep.seconds == 500


def full_rules(name):
    return wire.message("influxdata.iox.management.v1.DatabaseRules")(
        name=name,
        partition_template={"parts": [{"table": {}}, {"column": "host"}, {"time": "%Y-%m"},
                                      {"regex": {"column": "region", "format": "^..."}},
                                      {"strf_time": {"column": "day", "format": "%d"}}]},
        lifecycle_rules={"buffer_size_soft": 1 << 20, "buffer_size_hard": 2 << 20, "drop_non_persisted": True,
                         "persist": True, "worker_backoff_millis": 15, "catalog_transactions_until_checkpoint": 16,
                         "late_arrive_window_seconds": 17, "persist_row_threshold": 18,
                         "persist_age_threshold_seconds": 19},
        worker_cleanup_avg_sleep={"seconds": 2})


def as_asked(rules):
    """Without what only we know: numbers that the tables do not name."""
    rules.DiscardUnknownFields()
    return rules


def test_rules_come_back_as_they_were_given(api, name):
    rules = full_rules(name)
    api.management.CreateDatabase(rules=rules)
    assert as_asked(api.management.GetDatabase(name=name).rules) == rules
    rules.lifecycle_rules.late_arrive_window_seconds = 90
    rules.lifecycle_rules.ClearField("drop_non_persisted")
    assert as_asked(api.management.UpdateDatabase(rules=rules).rules) == rules
    assert as_asked(api.management.GetDatabase(name=name).rules) == rules
    api.restart()
    assert as_asked(api.management.GetDatabase(name=name).rules) == rules


def test_update_of_an_unknown_database(api):
    not_found(lambda: api.management.UpdateDatabase(rules={"name": "nobody"}), "database", "nobody")


NODES = {"nodes": [{"id": 7}]}
SHARDS = {"specific_targets": [{"matcher": {"table_name_regex": "^cpu$"}, "shard": 1}],
          "hash_ring": {"table_name": True, "columns": ["host"], "shards": [1, 2]}, "ignore_errors": True,
          "shards": {1: {"iox": NODES}, 2: {"iox": {"nodes": [{"id": 8}, {"id": 9}]}}}}


@pytest.mark.parametrize("routing", [{"routing_config": {"target": NODES}}, {"shard_config": {"ignore_errors": True}},
                                     {"shard_config": SHARDS}])
def test_routing_is_stored_and_shown(api, name, routing):
    api.create(name)
    rules = api.management.GetDatabase(name=name).rules
    assert rules.WhichOneof("routing_rules") is None
    changed = {"name": name, "partition_template": BY_TABLE, **routing}
    [[kind, asked]] = routing.items()
    updated = api.management.UpdateDatabase(rules=changed).rules
    assert updated.WhichOneof("routing_rules") == kind
    wanted = type(updated)(**{kind: asked})
    assert getattr(updated, kind) == getattr(wanted, kind)
    api.restart()
    assert getattr(api.management.GetDatabase(name=name).rules, kind) == getattr(wanted, kind)


def bad(**changes):
    return {"shard_config": {**SHARDS, **changes}}


@pytest.mark.parametrize("routing, field", [
    ({"routing_config": {}}, "routing_config.target"),
    ({"routing_config": {"target": {"nodes": [{}]}}}, "routing_config.target.nodes.0.id"),
    (bad(specific_targets=[{"matcher": {"predicate": "a = 1"}, "shard": 1}]),
     "shard_config.specific_targets.0.matcher.predicate"),
    (bad(specific_targets=[{"matcher": {"table_name_regex": "("}, "shard": 1}]),
     "shard_config.specific_targets.0.matcher.table_name_regex"),
    (bad(specific_targets=[{"matcher": {"table_name_regex": "a"}, "shard": 5}]), "shard_config.specific_targets.0.shard"),
    (bad(hash_ring={"table_name": True}), "shard_config.hash_ring.shards"),
    (bad(shards={1: {}, 2: {"iox": NODES}}), "shard_config.shards.1.sink"),
])
def test_routing_that_cannot_be_done_is_refused_and_changes_nothing(api, name, routing, field):
    field_violation(lambda: api.create(name, **routing), "rules.routing_rules." + field)
    assert name not in api.management.ListDatabases().names
    api.create(name)
    before = api.management.GetDatabase(name=name).rules
    changed = {"name": name, "partition_template": BY_TABLE, **routing}
    field_violation(lambda: api.management.UpdateDatabase(rules=changed), "rules.routing_rules." + field)
    assert api.management.GetDatabase(name=name).rules == before
