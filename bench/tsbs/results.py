"""bench/RESULTS.md: one marked part for each benchmark, and on what it ran."""
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench/RESULTS.md"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory_kib = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="ascii"))[1])
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} CPUs, {memory_kib // (1 << 20)} GiB"


def commit():
    result = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def replace_part(name, text):
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n\n"
    part = f"{begin}\n{text}\n{end}"
    if begin in old:
        new = old[:old.index(begin)] + part + old[old.index(end) + len(end):]
    else:
        new = old.rstrip() + "\n\n" + part + "\n"
    RESULTS.write_text(new, encoding="utf-8")
