"""`database write`: several files, the standard input, pieces, progress, and what is said when a line is wrong."""
import json
import os
import subprocess

import pytest

from support.server import binary
from support.terminal import Terminal

PIECE_BYTES = 4 << 20
LINE_BYTES = 100


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def database(server, request):
    name = request.node.name.replace("test_", "")[:50]
    assert server.cli("database", "create", name).returncode == 0
    return name


def padded(number):
    line = f"m,t=tag{number % 10} v={number}i,s=\"\" {1_700_000_000_000_000_000 + number}\n"
    return line.replace('""', '"' + "x" * (LINE_BYTES - len(line)) + '"')


def large(path, lines, wrong=None):
    with open(path, "w", encoding="ascii") as out:
        for number in range(1, lines + 1):
            out.write("m v=\n" if number == wrong else padded(number))
    return path


def test_several_files_and_the_standard_input(server, database, tmp_path):
    (tmp_path / "a.lp").write_text("m v=1i 1\nm v=2i 2", encoding="ascii")
    (tmp_path / "b.lp").write_text("m v=3i 3\n\n# a comment\n", encoding="ascii")
    written = server.cli("database", "write", database, str(tmp_path / "a.lp"), "-", str(tmp_path / "b.lp"), stdin="m v=4i 4\n")
    assert (written.returncode, written.stdout, written.stderr) == (0, "4 Lines OK\n", "")
    assert server.value(database, "SELECT sum(v) FROM m") == 10
    as_json = server.cli("database", "write", database, "-", "--format", "json", stdin="m v=4i 4\n")
    assert json.loads(as_json.stdout) == {"lines": 1}
    assert server.cli("database", "write", database, "-", stdin="").stdout == "0 Lines OK\n"


def test_a_wrong_line_is_named_with_its_number_in_the_file(server, database, tmp_path):
    lines = 3 * PIECE_BYTES // LINE_BYTES
    wrong = lines - 7
    path = large(tmp_path / "large.lp", lines, wrong)
    refused = server.cli("database", "write", database, str(path))
    assert refused.returncode == 1
    assert f"line {wrong}, column" in refused.stderr and str(path) in refused.stderr
    stored = server.value(database, "SELECT count(*) FROM m")
    assert 0 < stored < wrong
    assert f"the {stored} lines before this piece are written" in refused.stderr
    assert f"go on with line {stored + 1}" in refused.stderr


def test_strings_with_line_ends_stay_whole(server, database, tmp_path):
    path = tmp_path / "strings.lp"
    with open(path, "w", encoding="ascii") as out:
        for number in range(PIECE_BYTES // LINE_BYTES * 2):
            out.write(padded(number).replace("xxxx", "x\nx\n", 1))
    count = PIECE_BYTES // LINE_BYTES * 2
    assert server.cli("database", "write", database, str(path)).stdout == f"{count} Lines OK\n"
    assert server.value(database, "SELECT count(*) FROM m WHERE s LIKE 'x' || chr(10) || 'x' || chr(10) || '%'") == count


def test_what_is_missing_is_said(server, database, tmp_path):
    missing = server.cli("database", "write", database, str(tmp_path / "missing.lp"))
    assert missing.returncode == 1 and "missing.lp" in missing.stderr and "No such file" in missing.stderr
    folder = server.cli("database", "write", database, str(tmp_path))
    assert folder.returncode == 1 and "directory" in folder.stderr
    nowhere = server.cli("database", "write", "nowhere", "-", stdin="")
    assert nowhere.returncode == 1 and "Database not found" in nowhere.stderr


@pytest.mark.release_only(reason="needs a load that lasts")
def test_progress_shows_bytes_and_lines(server, database, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Terminal([binary(), "--host", server.grpc, "database", "write", database, str(pipe)]) as terminal, \
            open(pipe, "w", encoding="ascii") as out:
        number = 0
        while " lines, " not in terminal.text:  # as long as it takes to be seen
            for _ in range(PIECE_BYTES // LINE_BYTES + 1):
                number += 1
                out.write(padded(number))
            terminal.read(0.1)
        out.close()
        terminal.expect(f"{number} Lines OK")
        assert terminal.end() == 0


@pytest.mark.release_only(reason="sanitizers need much memory for themselves")
def test_memory_does_not_grow_with_the_file(server, database, tmp_path):
    path = large(tmp_path / "large.lp", 60 * PIECE_BYTES // LINE_BYTES)
    process = subprocess.Popen([binary(), "--host", server.grpc, "database", "write", database, str(path)], stdout=subprocess.PIPE)
    assert b"Lines OK" in process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_maxrss * 1024 < path.stat().st_size
