#!/usr/bin/env python3
"""Adds up the reports below a folder and closes with one plain line 'N passed, N failed[, N skipped]'.

A suite that wrote its own report (GoogleTest, pytest) counts by its cases, every other ctest entry as one test.
With MAGNETITE_REQUIRE_SERVICES set, a skipped test makes the exit code 1.
"""
import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
        return "skipped"
    if case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def cases_of(path):
    try:
        return list(ElementTree.parse(path).getroot().iter("testcase"))
    except ElementTree.ParseError:  # the suite died while writing it
        return []


def count(stage, total, skipped):
    entries = {case.get("name"): outcome(case) for path in stage.glob("*.junit") for case in cases_of(path)}
    reports = {path.stem: path for path in stage.glob("*.xml")}
    for name in sorted(entries.keys() | reports.keys()):
        outcomes = []
        for case in cases_of(reports[name]) if name in reports else []:
            outcomes.append(outcome(case))
            if outcomes[-1] == "skipped":
                skipped.append(f"{stage.name}: {name}: {case.get('name')}")
        entry = entries.get(name)
        if not outcomes and entry == "skipped":
            skipped.append(f"{stage.name}: {name}")
        if not outcomes:
            outcomes = [entry] if entry else []
        elif entry == "failed" and "failed" not in outcomes:  # it crashed, or leaked at its end
            outcomes.append("failed")
        for one in outcomes:
            total[one] += 1


def main():
    total = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = []
    root = pathlib.Path(sys.argv[1])
    for stage in sorted(path for path in root.glob("*") if path.is_dir()):
        count(stage, total, skipped)
    for line in skipped:
        print(f"SKIPPED {line}")
    tail = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{tail}")
    must_run = os.environ.get("MAGNETITE_REQUIRE_SERVICES", "") not in ("", "0")
    return 1 if total["failed"] or not total["passed"] or (must_run and total["skipped"]) else 0


if __name__ == "__main__":
    sys.exit(main())
