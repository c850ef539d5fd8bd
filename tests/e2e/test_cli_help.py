"""Every example of the help texts and of docs/cli.md is run: most against a server, those about jobs and about what is not easily
brought about against one that says yes to everything."""
import os
import re
import subprocess

import pytest

from support import need
from support.fake_server import FakeServer, operation
from support.server import Server, binary

# Commands of the server, not of its clients; those for tokens need a server that asks for some: test_tokens.py.
OFFLINE = ("run", "catalog", "config", "token")
JOBS = re.compile(r"magnetite (database (partition (new|close|unload|persist|compact|drop)|catalog|delete|restore|list --deleted)"
                  r"|operation (get|wait|cancel))")
# A command before those that need what it makes; the rest in any order.
FIRST = ["server set", "server wait-server-initialized", "database create", "database write", "server remote set", "server remote list"]


def yes(**ended):
    started = lambda _request: {"operation": operation()}
    job = lambda _request: operation(done=True, **ended)
    return FakeServer(PersistPartition=started, CompactPartition=started, ClosePartitionChunk=started, VerifyCatalog=started,
                      RebuildCatalog=started, WipePreservedCatalog=started, DropPartition=lambda _: {},
                      NewPartitionChunk=lambda _: {}, UnloadPartitionChunk=lambda _: {}, WaitOperation=job, GetOperation=job,
                      CancelOperation=lambda _: {}, DeleteDatabase=lambda _: {"uuid": bytes(16)},
                      RestoreDatabase=lambda _: {"uuid": bytes(16)}, ListDeletedDatabases=lambda _: {})


def commands():
    """Paths of all client commands, as completion knows them."""
    script = subprocess.run([binary(), "completion", "bash"], capture_output=True, text=True, timeout=60, check=True).stdout
    paths = re.findall(r"^    '([^']*)'\) subcommands='([^']*)'", script, flags=re.MULTILINE)
    return [path for path, below in paths if path and not below and path.split()[0] not in OFFLINE]


def examples_of(path):
    shown = subprocess.run([binary(), *path.split(), "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    return [line.strip() for line in shown.partition("Examples:")[2].splitlines() if line.startswith("  ")]


class Examples:
    def __init__(self, folder, server, fake):
        self.folder, self.server, self.fake = folder, server, fake
        (folder / "rooms.lp").write_text("room,name=kitchen temperature=21.5,people=2i 1700000000000000000\n", encoding="ascii")

    def run(self, line):
        """The line as it stands, in bash, with `magnetite` as ours and MAGNETITE_ADDR set."""
        host = self.fake.host if JOBS.search(line) else self.server.grpc
        return subprocess.run(["bash", "-euo", "pipefail", "-c", f'magnetite() {{ "{binary()}" "$@"; }}\n{line}'], cwd=self.folder,
                              env={**os.environ, "MAGNETITE_ADDR": host}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)

    def run_ok(self, line):
        ended = self.run(line)
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


@pytest.fixture
def examples(tmp_path):
    with Server(tmp_path / "server", server_id=None) as server, yes() as fake:
        yield Examples(tmp_path, server, fake)


def test_examples_of_the_help_texts_work(examples):
    paths = sorted(commands(), key=lambda path: FIRST.index(path) if path in FIRST else len(FIRST))
    assert len(paths) > 30 and set(FIRST) <= set(paths)
    for path in paths:
        lines = examples_of(path)
        assert lines, f"`magnetite {path} --help` has no example"
        for line in lines:
            assert f"magnetite {path}" in line, f"{path}: {line}"
            examples.run_ok(line)


def test_examples_of_the_documentation_work(examples):
    text = (need.ROOT / "docs/cli.md").read_text(encoding="utf-8")
    output = ""
    covered = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            covered.append(line)
            output += examples.run_ok(line)
    assert "kitchen" in output
    for path in commands():
        assert any(f"magnetite {path}" in line for line in covered), f"docs/cli.md has no example of {path}"


def test_help_says_what_else_there_is(examples):
    shown = examples.run_ok("magnetite --help")
    assert "Exit codes: 0 done" in shown
    for word in ("database", "operation", "server", "sql", "completion"):
        assert word in shown
