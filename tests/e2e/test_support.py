"""The helpers of these tests: a helper that hangs or hides a failure would make every other test worthless."""
import pathlib
import shutil
import subprocess
import sys

import pytest

from support import need
from support.server import Server, free_ports

sys.path.insert(0, str(need.ROOT / "tools"))
import check_layers  # noqa: E402  pylint: disable=wrong-import-position


def test_server_that_dies_at_its_start_is_noticed_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MAGNETITE_BINARY", shutil.which("false"))
    with pytest.raises(AssertionError, match="ended with 1"):
        Server(tmp_path).start()


def test_free_ports_differ():
    assert len(set(free_ports(50))) == 50


def test_missing_service_skips_visibly_unless_it_must_be_there(monkeypatch):
    monkeypatch.setenv("MAGNETITE_REQUIRE_SERVICES", "0")
    with pytest.raises(pytest.skip.Exception, match="no broker"):
        need.missing("no broker")
    monkeypatch.setenv("MAGNETITE_REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="no broker"):
        need.missing("no broker")


PLANTED = {
    '#include "database/database.h"\n': "chunk may not use database",
    "#include <duckdb.hpp>\n": "heavy header",
    "// TO" "DO: later\n": "leftover word",
    "auto now = std::chrono::steady_clock::now();\n": "time or thread outside",
    "std::ofstream out(name);\n": "file outside",
    'const char* path = "/ro' 'ot/data";\n': "path of one machine",
    "int x;\n" * 1000: "perhaps two ideas",
}


@pytest.mark.parametrize("text", PLANTED, ids=PLANTED.values())
def test_planted_breach_of_the_layers_is_found(tmp_path, monkeypatch, text):
    (tmp_path / "src/chunk").mkdir(parents=True)
    (tmp_path / "src/database").mkdir()
    (tmp_path / "src/database/database.h").touch()
    (tmp_path / "src/chunk/planted.h").write_text(text, encoding="utf-8")
    monkeypatch.setattr(check_layers, "SRC", tmp_path / "src")
    found = list(check_layers.check_file(tmp_path / "src/chunk/planted.h", check_layers.read_layers(), {}))
    assert any(PLANTED[text] in problem for _, problem in found), found


def test_longest_folder_decides_the_layer():
    layers = {"query": set(), "query/sql": set()}
    assert check_layers.layer_of("query/sql/bridges/x.h", layers) == "query/sql"
    assert check_layers.layer_of("query/scan.h", layers) == "query"
    assert check_layers.layer_of("nowhere/x.h", layers) is None


def count_tests(folder, **environment):
    return subprocess.run([sys.executable, need.ROOT / "tools/count_tests.py", folder], capture_output=True, text=True,
                          env=environment, check=False)


def test_summary_counts_cases_and_notices_a_suite_that_crashed(tmp_path):
    stage = pathlib.Path(tmp_path / "release")
    stage.mkdir()
    (stage / "ctest.junit").write_text(
        '<testsuite><testcase name="a_test" status="run"/><testcase name="b_test" status="fail"><failure/></testcase>'
        '<testcase name="check" status="run"/></testsuite>', encoding="ascii")
    (stage / "a_test.xml").write_text(
        '<testsuites><testsuite><testcase name="x" status="run" result="completed"/>'
        '<testcase name="y" status="run" result="skipped"><skipped/></testcase></testsuite></testsuites>', encoding="ascii")
    result = count_tests(tmp_path)
    assert result.stdout.splitlines() == ["SKIPPED release: a_test: y", "2 passed, 1 failed, 1 skipped"]
    assert result.returncode == 1
    (stage / "ctest.junit").write_text('<testsuite><testcase name="a_test" status="run"/></testsuite>', encoding="ascii")
    assert count_tests(tmp_path).returncode == 0
    assert count_tests(tmp_path, MAGNETITE_REQUIRE_SERVICES="1").returncode == 1
