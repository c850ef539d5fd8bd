#!/usr/bin/env python3
"""docs/durability.md: every row of its tables names tests in its last cell, and all of them exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/durability.md"


def known_tests():
    tests = set()
    for path in [*ROOT.glob("src/**/*_test.cc"), *ROOT.glob("src/**/testing/*.cc"), *ROOT.glob("tests/sql/*.cc")]:
        for suite, case in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)", path.read_text(encoding="utf-8"), re.M):
            tests.add(f"{suite}.{case}")
    for path in ROOT.glob("tests/e2e/test_*.py"):
        tests.update(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M))
    simulation = (ROOT / "tests/sim/CMakeLists.txt").read_text(encoding="utf-8")
    tests.update(["sim"] if "NAME sim " in simulation else [])
    tests.update(["sim_finds_*"] if "sim_finds_" in simulation else [])
    return tests


def rows(page):
    """(line number, cells) of the tables' rows without their heads."""
    head = True
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith("|"):
            head = True
        elif head:
            head = False
        elif not set(line) <= set("|- "):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def main():
    tests = known_tests()
    faults = []
    count = 0
    for number, cells in rows(PAGE.read_text(encoding="utf-8")):
        count += 1
        named = re.findall(r"`([^`]+)`", cells[-1])
        if not named:
            faults.append(f"{PAGE.relative_to(ROOT)}:{number}: no test is named")
        faults += [f"{PAGE.relative_to(ROOT)}:{number}: there is no test '{name}'" for name in named if name not in tests]
    print("\n".join(faults) if faults else f"{count} promises, each with its tests")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
