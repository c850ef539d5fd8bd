#!/usr/bin/env python3
"""Holds src/ to cmake/layers.txt and to the few rules of the house that a compiler cannot see. Prints every breach.

Allowed exceptions, each with its reason, are in tools/layer_exceptions.txt.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
HEAVY_HEADERS = ("duckdb", "parquet/", "arrow/flight", "boost/", "grpcpp/", "librdkafka/")
# Folders where time, threads and files may be touched directly.
SEAMS = ("base", "cli", "magnetite")
BANNED_CALLS = {
    "time or thread outside the seams": re.compile(
        r"std::thread\b|std::jthread\b|\bsleep_for\b|\bsleep_until\b|_clock::now\b|\bstd::async\b"),
    "file outside the seams": re.compile(r"std::[io]?fstream\b|\bfopen\s*\("),
}
BANNED_WORDS = re.compile(r"\b(TODO|FIXME|XXX)\b|DISABLED_")
MACHINE_PATH = re.compile(r"""(^|[^A-Za-z0-9_.])/(work|root|home)/""")
LINES_MAX = 450
SOURCE = (".cc", ".h", ".proto")


def read_layers():
    layers = {}
    for line in (ROOT / "cmake/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, uses = line.partition(":")
            layers[name.strip()] = set(uses.split())
    return layers


def read_exceptions():
    """rule -> set of paths below the root."""
    found = {}
    for line in (ROOT / "tools/layer_exceptions.txt").read_text().splitlines():
        line = line.split("#")[0].split()
        if line:
            found.setdefault(line[0], set()).add(line[1])
    return found


def layer_of(path, layers):
    """The longest layer that is a folder prefix of `path`; None when no layer is."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in layers:
            return name
    return None


def is_test(path):
    return path.endswith("_test.cc") or "/testing/" in path


def check_include(path, kind, target, layers, exceptions):
    if kind == "<":
        if path.endswith(".h") and target.startswith(HEAVY_HEADERS) and path not in exceptions.get("heavy_header", ()):
            yield f"heavy header <{target}> in a header: include it in the .cc"
        return
    own, other = layer_of(path, layers), layer_of(target, layers)
    if other is None:
        if target.endswith(".pb.h") or not (SRC / target).exists():
            return  # generated
        yield f'"{target}" lies in no layer of cmake/layers.txt'
        return
    if "/testing/" in target and not is_test(path):
        yield f'"{target}" is for tests only'
    if other != own and other not in layers[own] and not (is_test(path) and target.startswith("base/sim/")):
        yield f'"{target}": {own} may not use {other}'


def strip_comment(line):
    return line.split("//")[0]


def check_file(path, layers, exceptions):
    name = path.relative_to(SRC).as_posix()
    if layer_of(name, layers) is None:
        yield 1, "lies in no layer of cmake/layers.txt"
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LINES_MAX and name not in exceptions.get("long_file", ()):
        yield len(lines), f"longer than {LINES_MAX} lines: perhaps two ideas"
    for number, line in enumerate(lines, 1):
        if match := INCLUDE.match(line):
            for problem in check_include(name, match[1], match[2], layers, exceptions):
                yield number, problem
        if BANNED_WORDS.search(line):
            yield number, "leftover word"
        if MACHINE_PATH.search(line):
            yield number, "path of one machine"
        if name.split("/")[0] in SEAMS or is_test(name):
            continue
        for what, pattern in BANNED_CALLS.items():
            if pattern.search(strip_comment(line)) and name not in exceptions.get("seam", ()):
                yield number, what


def check_folders():
    for folder in sorted(path for path in SRC.iterdir() if path.is_dir()):
        if not (folder / "README.md").exists():
            yield f"{folder.relative_to(ROOT)}: no README.md (why it exists, main types, what does not belong)"


def check_exceptions(exceptions):
    for rule, paths in exceptions.items():
        if rule not in ("heavy_header", "seam", "long_file"):
            yield f"tools/layer_exceptions.txt: unknown rule {rule}"
        for path in sorted(paths):
            if not (SRC / path).exists():
                yield f"tools/layer_exceptions.txt: {path} is gone"


def main():
    layers, exceptions = read_layers(), read_exceptions()
    problems = list(check_folders()) + list(check_exceptions(exceptions))
    files = sorted(path for path in SRC.rglob("*") if path.suffix in SOURCE)
    for path in files:
        for line, problem in check_file(path, layers, exceptions):
            problems.append(f"{path.relative_to(ROOT)}:{line}: {problem}")
    print("\n".join(problems) or f"{len(files)} files of src/ keep to the layers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
