"""A tenth of the TSBS load: answers equal DuckDB's on the same rows, before and after kill -9."""
import json
import subprocess

import queries

from support import need

HOSTS, HOURS = 400, 6
STEPS = HOURS * 360


def test_tenth_of_the_load_is_answered_rightly_and_survives_kill_9(server, tmp_path):
    csv, parquet = tmp_path / "cpu.csv", tmp_path / "cpu.parquet"
    shape = ["--hosts", str(HOSTS), "--steps", str(STEPS)]
    subprocess.run([need.built("tsbs_generate"), *shape, "--csv", "--out", csv], check=True)
    queries.make_parquet(csv, parquet)
    csv.unlink()

    loaded = subprocess.run([need.built("magnetite_load"), *shape, "--url", server.write_url("tsbs"), "--server-pid", str(server.pid)],
                            capture_output=True, text=True, timeout=900, check=False)
    assert loaded.returncode == 0, loaded.stderr
    print(loaded.stdout)
    assert json.loads(loaded.stdout.splitlines()[-1])["rows"] == HOSTS * STEPS

    sql = queries.HttpSql(server.http, "tsbs")
    assert sql.rows("SELECT count(*) AS n FROM cpu") == [{"n": HOSTS * STEPS}]
    answers = queries.check(sql, queries.Peer(parquet), queries.Statements(HOSTS, HOURS))

    server.kill9()
    server.start()
    sql = queries.HttpSql(server.http, "tsbs")
    assert sql.rows("SELECT count(*) AS n FROM cpu") == [{"n": HOSTS * STEPS}]
    queries.check_again(sql, answers)
