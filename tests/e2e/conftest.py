import pytest

from support.server import Server


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
