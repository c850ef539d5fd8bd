"""`magnetite sql`: through a pipe, with -c, and on a terminal."""
import json
import subprocess

import pytest

from support.server import binary, free_ports
from support.terminal import CTRL_C, CTRL_D, ENTER, TAB, UP, Terminal

LINES = "room,name=kitchen temperature=21.5,people=2i 10\nroom,name=cellar temperature=12.25,people=0i 20\n"
# Computes for long before it has a row.
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b;"


@pytest.fixture(scope="module")
def server(shared_server):
    for name, lines in (("home", LINES), ("office", "desk,floor=1 free=3i 10\n")):
        shared_server.cli("database", "create", name)
        shared_server.cli("database", "write", name, "-", stdin=lines)
    return shared_server


def sql(server, text, *arguments):
    return server.cli("sql", *arguments, stdin=text)


def results(server, text, *arguments):
    ended = sql(server, text, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def terminal(server, tmp_path):
    with Terminal([binary(), "--host", server.grpc, "sql", "home"], environment={"HOME": str(tmp_path)}) as shown:
        shown.expect("Ready for commands")
        shown.expect("home> ")
        yield shown


def test_a_pipe_gets_results_and_nothing_else(server):
    ended = sql(server, "SELECT name, people FROM room ORDER BY people;\nSELECT 1 AS x", "home", "-f", "csv")
    assert ended.returncode == 0
    assert ended.stdout == "name,people\ncellar,0\nkitchen,2\nx\n1\n"
    assert f"Connected to Magnetite at {server.grpc}" in ended.stderr
    assert "Ready for commands" in ended.stderr
    assert "Returned 2 rows in " in ended.stderr and "Returned 1 row in " in ended.stderr
    assert "> " not in ended.stdout


def test_a_pipe_ends_at_the_first_error(server):
    ended = sql(server, "SELECT 1 AS x; SELECT nothing; SELECT 2 AS x;", "home", "-f", "csv")
    assert (ended.returncode, ended.stdout) == (1, "x\n1\n")
    assert "nothing" in ended.stderr
    open_string = sql(server, "SELECT 'open", "home")
    assert open_string.returncode == 1 and "within a string" in open_string.stderr


def test_exit_ends_before_later_statements(server):
    for word in ("exit;", "EXIT\n", "quit;", "\\q\n"):
        assert results(server, f"SELECT 1 AS x; {word} SELECT 2 AS x;", "home", "-f", "csv") == "x\n1\n"


def test_help_and_databases(server):
    assert "SHOW DATABASES: List databases available on the server" in results(server, "help;")
    assert "SQL Primer" in results(server, "HELP")
    shown = results(server, "show databases;")
    assert "| db_name |" in shown and "| home" in shown and "| office" in shown
    assert {"home", "office"} <= {each["db_name"] for each in json.loads(results(server, "\\l\n", "-f", "json"))}


def test_use_changes_the_database(server):
    assert "1 row" in sql(server, "use home; select count(*) from room;").stderr
    assert results(server, "USE DATABASE office; SELECT free FROM desk;", "-f", "csv") == "free\n3\n"
    assert results(server, "\\c office\nSELECT free FROM desk;", "home", "-f", "csv") == "free\n3\n"
    for text, arguments in (("use nowhere;", ()), ("", ("nowhere",))):
        wrong = sql(server, text, *arguments)
        assert wrong.returncode == 1 and "Database not found: nowhere" in wrong.stderr
    nothing = sql(server, "select 1;")
    assert nothing.returncode == 1 and "USE DATABASE name" in nothing.stderr


def test_formats_and_timing_are_set(server):
    ended = sql(server, "set format csv; SELECT 1 AS x; SET FORMAT json; SELECT 1 AS x;set format jsonl;SELECT 1 AS x;", "home")
    assert ended.stdout == 'x\n1\n[{"x":1}]\n{"x":1}\n'
    assert "Set output format format to csv" in ended.stderr
    assert "Returned" not in sql(server, "set timing off; select 1;", "home").stderr
    assert "no rows" in sql(server, "select 1 where false;", "home").stderr


def test_statements_may_be_given(server):
    given = server.cli("sql", "home", "-c", "SELECT 1 AS x; SELECT ';' AS y", "-f", "csv")
    assert (given.returncode, given.stdout, given.stderr) == (0, "x\n1\ny\n;\n", "")
    assert server.cli("sql", "home", "-c", "SELECT nothing").returncode == 1


def test_an_unreachable_host_is_said():
    host = f"http://127.0.0.1:{free_ports(1)[0]}"
    ended = subprocess.run([binary(), "sql", "--host", host], input="", capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3
    assert f"Error connecting to {host}" in ended.stderr


def test_observer_mode_sees_all_databases(server):
    assert "You are now in Observer mode" in sql(server, "observer;").stderr
    chunks = results(server, "observer; select database_name, table_name, row_count from chunks "
                             "where database_name in ('home', 'office') order by 1;", "-f", "csv")
    assert chunks == "database_name,table_name,row_count\nhome,room,2\noffice,desk,1\n"
    columns = results(server, "observer; with n as (select database_name d, count(*) n from columns group by 1) "
                              "select d, n from n where d in ('home', 'office') order by d;", "-f", "csv")
    assert columns == "d,n\nhome,4\noffice,3\n"
    closed = server.cli("database", "partition", "close-chunk", "home", "1970-01-01 00:00:00", "room", "0", "--wait")
    one = f"select * from {{}}operations where id = '{json.loads(closed.stdout)['id']}'"
    [direct] = json.loads(results(server, one.format("system."), "home", "-f", "json"))
    [observed] = json.loads(results(server, "observer; " + one.format(""), "-f", "json"))
    assert observed == {"database_name": "home", **direct}  # values keep their types
    joined = results(server, "observer; select count(distinct c.database_name) as n from chunk_columns c join chunks using (database_name, "
                             "table_name) where database_name in ('home', 'office');", "-f", "csv")
    assert joined == "n\n2\n"
    assert results(server, "observer; use home; select count(*) as n from room;", "-f", "csv") == "n\n2\n"
    assert "SELECT and WITH only" in sql(server, "observer; show tables;").stderr


def test_tables_and_columns_have_short_forms(server):
    assert "| room" in results(server, "\\d\n", "home")
    assert "temperature" in results(server, "\\d room\n", "home")


def test_many_rows_are_printed_as_they_come(server):
    rows = results(server, "SELECT range AS x FROM range(300000);", "home", "-f", "csv").splitlines()
    assert len(rows) == 300_001 and rows[-1] == "299999"
    pretty = results(server, "SELECT range AS x FROM range(300000);", "home").splitlines()
    assert sum(line.startswith("| ") and line[2] != "x" for line in pretty) == 300_000
    assert sum(line.startswith("| x") for line in pretty) > 1  # in several tables


def test_statements_over_several_lines(terminal):
    terminal.line("SELECT name")
    terminal.line("FROM room -- a comment; with a semicolon")
    terminal.line("ORDER BY name;")
    terminal.expect("| cellar  |")
    terminal.expect("| kitchen |")
    terminal.expect("Returned 2 rows in ")
    terminal.expect("home> ")


def test_lines_may_be_pasted(terminal):
    terminal.send("SELECT 40 + 1\r AS x;\rSELECT 42 AS\r x;\rSELECT\r\r43 AS x;\r")
    for answer in ("| 41 |", "| 42 |", "| 43 |"):
        terminal.expect(answer)


def test_an_error_does_not_end_the_shell(terminal):
    terminal.line("SELECT missing FROM room;")
    terminal.expect("missing")
    terminal.expect("home> ")
    terminal.line("SELECT 41 + 1 AS x;")
    terminal.expect("| 42 |")
    terminal.line("exit")
    assert terminal.end() == 0


def test_formats_change_on_the_terminal(terminal):
    terminal.line("set format csv;")
    terminal.expect("Set output format format to csv")
    terminal.line("select 1 as first, 2 as second;")
    terminal.expect("first,second\n1,2\n")
    terminal.expect("Returned 1 row in ")
    terminal.line("set timing off;")
    terminal.expect("Timing is off")
    terminal.line("select 3 as third;")
    terminal.expect("third\n3\n")
    assert "Returned" not in terminal.expect("home> ")


def test_tab_completes_names(terminal):
    terminal.send("SELECT peo" + TAB)
    terminal.expect("people")
    terminal.send(" FROM roo" + TAB)
    terminal.expect("room")
    terminal.line(" ORDER BY people LIMIT 1;")
    terminal.expect("| 0      |")
    terminal.expect("Returned 1 row")
    terminal.send("use off" + TAB)
    terminal.expect("office")
    terminal.line(";")
    terminal.expect("querying database office")
    terminal.send("select fl" + TAB)
    terminal.expect("floor")
    terminal.line(" from desk;")
    terminal.expect("| 1     |")


def test_ctrl_c_ends_the_statement_and_not_the_shell(terminal):
    terminal.line(ENDLESS)
    terminal.expect("range(10000000) b;")
    for _ in range(3):
        terminal.read(0.1)
    terminal.send(CTRL_C)
    terminal.expect("cancelled")
    terminal.expect("home> ")
    terminal.line("SELECT 41 + 1 AS x;")
    terminal.expect("| 42 |")


def test_what_is_half_typed_can_be_forgotten(terminal):
    terminal.send("SELECT nonsense")
    terminal.expect("nonsense")
    terminal.send(CTRL_C)  # this line
    terminal.line("SELECT 'half")
    terminal.expect("    > ")
    terminal.send(CTRL_D)  # the statement
    terminal.expect("home> ")
    terminal.line("SELECT 41 + 1 AS x;")
    terminal.expect("| 42 |")
    terminal.expect("home> ")
    terminal.send(CTRL_D)
    assert terminal.end() == 0


def test_history_outlives_the_shell_and_keeps_statements_whole(server, tmp_path):
    environment = {"HOME": str(tmp_path)}
    with Terminal([binary(), "--host", server.grpc, "sql", "home"], environment=environment) as first:
        first.expect("home> ")
        first.line("SELECT 'before' AS earlier;")
        first.expect("| before  |")
        first.line("SELECT 40 + 2")
        first.line("")
        first.line("AS answer;")
        first.expect("| 42     |")
        first.line("exit")
        assert first.end() == 0
    kept = (tmp_path / ".magnetite_sql_history").read_text(encoding="utf-8")
    assert "40 + 2" in kept and "'before'" in kept
    with Terminal([binary(), "--host", server.grpc, "sql", "home"], environment=environment) as second:
        second.expect("home> ")
        second.send(UP)  # exit
        second.send(UP)
        second.expect("AS answer;")
        second.send(ENTER)
        second.expect("| 42     |")
