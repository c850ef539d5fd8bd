"""./run, from the outside."""
import os
import shutil
import signal
import subprocess
import time

import requests

from support import need
from support.server import binary, free_ports


def test_build_only_ends_after_the_build(tmp_path):
    result = subprocess.run([need.ROOT / "run", "--build-only"], cwd=tmp_path, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=1500, check=False)
    assert result.returncode == 0, result.stderr
    assert os.access(need.ROOT / "build/release/bin/magnetite", os.X_OK)
    assert not (tmp_path / "data").exists()


def test_run_starts_a_server_that_the_printed_lines_reach(tmp_path):
    assert binary()
    http, grpc = free_ports(2)
    output = tmp_path / "output"
    with open(output, "wb") as out:
        process = subprocess.Popen([need.ROOT / "run", "--api-bind", f"127.0.0.1:{http}", f"--grpc-bind=127.0.0.1:{grpc}"],
                                   cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_for(lambda: requests.get(f"http://127.0.0.1:{http}/health", timeout=5).status_code == 200, process, output)
        lines = [line.strip() for line in output.read_text().splitlines() if line.startswith("  ")]
        assert len(lines) == 3, output.read_text()
        results = [subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False) for line in lines]
        assert [result.returncode for result in results] == [0, 0, 0], results
        assert "0.5" in results[1].stdout
        assert "0.5" in results[2].stdout
        assert {"store", "log"} <= {path.name for path in (tmp_path / "data").iterdir()}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        shutil.rmtree(tmp_path / "data", ignore_errors=True)


def wait_for(condition, process, output):
    deadline = time.monotonic() + 1500
    while time.monotonic() < deadline:
        assert process.poll() is None, output.read_text()
        try:
            if condition():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError(output.read_text())
