"""A file system that is full: writes are refused as unavailable, nothing acknowledged is lost, and writes go on later."""
import os
import subprocess
import time

import pytest

from support import need
from support.server import Server

SIZE_MIB = 96


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", folder],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        need.missing(f"cannot mount a small tmpfs here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def batch(first, rows=500):
    filler = "x" * 400
    return [f'm,t=a seq={i}i,note="{filler}" {1_700_000_000_000_000_000 + i}' for i in range(first, first + rows)]


def write_until(server, wanted, acknowledged, first, most=400):
    """Writes batches until one is answered as `wanted` says; returns that answer and the next free number."""
    for _ in range(most):
        answer = server.write("kept", batch(first))
        if answer.status_code == 204:
            acknowledged.append((first, first + 500))
        first += 500
        if wanted(answer):
            return answer, first
        if answer.status_code != 204:
            time.sleep(0.1)
    raise AssertionError(f"{most} batches and never the answer that was waited for; last {answer.status_code}: {answer.text}")


def check(server, acknowledged, sent):
    seen = [row["seq"] for row in server.rows("kept", "SELECT seq FROM m")]
    assert len(seen) == len(set(seen))
    assert all(seq < sent for seq in seen)
    missing = set(seq for first, end in acknowledged for seq in range(first, end)) - set(seen)
    assert not missing, f"{len(missing)} acknowledged rows are lost"


def test_full_disk_is_answered_503_and_forgotten_when_space_returns(small_disk):
    acknowledged = [(0, 500)]
    ballast = small_disk / "ballast"
    with Server(small_disk) as server:
        server.write_ok("kept", batch(0))
        free = os.statvfs(small_disk)
        ballast.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - (8 << 20)))

        refused, sent = write_until(server, lambda answer: answer.status_code != 204, acknowledged, 500)
        assert refused.status_code == 503, refused.text
        assert refused.headers.get("Retry-After")
        check(server, acknowledged, sent)

        ballast.unlink()
        _, sent = write_until(server, lambda answer: answer.status_code == 204, acknowledged, sent)
        check(server, acknowledged, sent)

        server.kill9()
        server.start()
        check(server, acknowledged, sent)
        server.write_ok("kept", batch(sent))
