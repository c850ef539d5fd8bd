import pytest

from support.server import Server, sanitized


def pytest_configure(config):
    config.addinivalue_line("markers", "release_only(reason): left to the release build, whatever builds run the file")


def pytest_collection_modifyitems(config, items):
    left = [item for item in items if sanitized() and item.get_closest_marker("release_only")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture
def server(tmp_path):
    """A fresh server with default options; the test ends it (or finds it dead) without a complaint."""
    with Server(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for tests that use databases of their own names."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running
