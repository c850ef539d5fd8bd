"""Remotes: names for servers, kept for those who will forward to them."""
from expect import field_violation, not_found


def remotes(api):
    return [(each.id, each.connection_string) for each in api.management.ListRemotes().remotes]


def test_remotes_are_added_changed_and_removed(start):
    api = start()
    assert remotes(api) == []
    api.management.UpdateRemote(remote={"id": 2, "connection_string": "http://2:8082"})
    api.management.UpdateRemote(remote={"id": 1, "connection_string": "http://1:8082"})
    assert remotes(api) == [(1, "http://1:8082"), (2, "http://2:8082")]
    api.management.UpdateRemote(remote={"id": 1, "connection_string": "http://one:8082"})
    api.management.DeleteRemote(id=2)
    assert remotes(api) == [(1, "http://one:8082")]
    not_found(lambda: api.management.DeleteRemote(id=2), "remote", "2")
    api.restart()
    assert remotes(api) == [(1, "http://one:8082")]


def test_an_id_is_needed(api):
    field_violation(api.management.UpdateRemote, "remote", "Field is required")
    field_violation(lambda: api.management.UpdateRemote(remote={"connection_string": "http://0"}), "remote.id",
                    "Field is required")
    field_violation(api.management.DeleteRemote, "id", "Field is required")


def test_remotes_need_no_id_of_the_server_to_be_listed(start):
    api = start(server_id=None)
    assert remotes(api) == []
