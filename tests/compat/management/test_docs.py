"""The example of docs/grpc_api.md, and what its tables say of names."""
import re

from support import need
from tables import HEALTH_NAMES, PACKAGES
import wire

PAGE = (need.ROOT / "docs/grpc_api.md").read_text(encoding="utf-8")


def test_the_example_writes_its_rows(api):
    api.create("home")
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    script = example.replace("127.0.0.1:8082", f"127.0.0.1:{api.server.grpc_port}")
    exec(compile(script, "grpc_api.md", "exec"), {})  # pylint: disable=exec-used
    assert api.flight("home", "SELECT host, usage, free FROM cpu ORDER BY time") == [
        {"host": "a", "usage": None, "free": 10}, {"host": "b", "usage": 0.5, "free": 20}]


def test_every_service_is_on_the_page():
    for name in HEALTH_NAMES:
        assert name in PAGE
    for package, text in PACKAGES.items():
        for service in wire.Package(package, text).file.service:
            assert f"{package}.{service.name}" in PAGE
