"""What a test needs from outside: skipped with a visible line where it cannot be had, unless the run says it must be there."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def required():
    return os.environ.get("MAGNETITE_REQUIRE_SERVICES", "0") not in ("", "0")


def missing(reason):
    if required():
        pytest.fail(reason)
    pytest.skip(reason)


def tool(script):
    """Runs tools/<script>, which builds or finds a program and prints its path."""
    result = subprocess.run([ROOT / "tools" / script], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        missing(f"tools/{script} failed: {result.stderr[-500:]}")
    return result.stdout.strip().splitlines()[-1]


def built(name):
    """A program of the build under test."""
    folder = os.environ.get("MAGNETITE_BUILD") or str(ROOT / "build/release")
    path = pathlib.Path(folder) / "bin" / name
    assert path.exists(), f"{path} is not built"
    return str(path)
