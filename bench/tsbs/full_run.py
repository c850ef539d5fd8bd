"""Called by bench/run_tsbs.sh: load, kill -9, restart, compare, time, and replace the TSBS part of bench/RESULTS.md."""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import time

import duckdb
import influx_peer
import queries
import results

from support.server import Server

def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s*(\d+)", status)[1]) // 1024


def size_mb(folder):
    """Blocks really used: segments are allocated ahead."""
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*") if path.is_file()) / 1e6


def load(build, url, pid, shape, *options):
    command = [f"{build}/bin/magnetite_load", *shape, "--url", url, "--server-pid", str(pid), *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"load failed: {result.stderr}")
    print(result.stdout, flush=True)
    return json.loads(result.stdout.splitlines()[-1])


def of_peer(loaded, what):
    return "not run" if loaded is None else f"{loaded[what]:,}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--work", required=True)
    options = parser.parse_args()
    os.environ["MAGNETITE_BINARY"] = str(results.ROOT / options.build / "bin/magnetite")
    work = pathlib.Path(options.work)
    shape = ["--hosts", str(options.hosts), "--steps", str(int(options.hours * 360))]
    rows = options.hosts * int(options.hours * 360)
    load_before = os.getloadavg()[0]
    try:
        csv, parquet = work / "cpu.csv", work / "cpu.parquet"
        subprocess.run([f"{options.build}/bin/tsbs_generate", *shape, "--csv", "--out", csv], check=True, cwd=results.ROOT)
        queries.make_parquet(csv, parquet)
        csv.unlink()

        with influx_peer.running(work / "influx") as influx:
            peer_loaded = load(options.build, *influx, shape, "--connections", str(options.connections)) if influx else None
        shutil.rmtree(work / "influx", ignore_errors=True)
        server = Server(work / "server", memory_bytes_max=resource.RLIM_INFINITY).start()
        connections = ["--connections", str(options.connections)]
        loaded = load(options.build, server.write_url("tsbs"), server.pid, shape, *connections)
        after_load_mib = resident_mib(server.pid)
        sql, peer = queries.HttpSql(server.http, "tsbs"), queries.Peer(parquet)
        assert sql.rows("SELECT count(*) AS n FROM cpu") == [{"n": rows}]
        answers = queries.check(sql, peer, queries.Statements(options.hosts, options.hours))
        print("answers equal DuckDB's", flush=True)

        log_mb = size_mb(server.data / "log")
        server.kill9()
        begin = time.monotonic()
        server.start()
        restart_seconds = time.monotonic() - begin
        sql = queries.HttpSql(server.http, "tsbs")
        assert sql.rows("SELECT count(*) AS n FROM cpu") == [{"n": rows}]
        queries.check_again(sql, answers)
        print(f"the same after kill -9; restart {restart_seconds:.1f} s", flush=True)

        table = queries.table(sql, peer, options.hosts, options.hours)
        results.replace_part("tsbs", f"""## TSBS cpu-only: {rows:,} rows ({options.hosts:,} hosts, {options.hours:g} hours)

`HOSTS={options.hosts} HOURS={options.hours:g} CONNECTIONS={options.connections} bench/run_tsbs.sh`, {time.strftime("%Y-%m-%d")}, at {results.commit()}; {results.machine()}, load average {load_before:.1f} before. Server, load
program and peer share the machine. Every answer was compared with DuckDB's on the same rows, before and after `kill -9`.

| load over HTTP, durable before the answer | measured | influxd 1.6 | must | aim |
| --- | ---: | ---: | ---: | ---: |
| server CPU per row, us | {loaded["server_cpu_us_per_row"]} | {of_peer(peer_loaded, "server_cpu_us_per_row")} | 2.0 | 1.0 |
| request p50 / p99, ms (batches of {loaded["batch_rows"]:,}, {loaded["connections"]} connections) | {loaded["p50_ms"]:.1f} / {loaded["p99_ms"]:.1f} | {of_peer(peer_loaded, "p50_ms")} / {of_peer(peer_loaded, "p99_ms")} | 15 / 50 | 5 / 25 |
| rows per second, all on one machine | {loaded["rows_per_second"]:,} | {of_peer(peer_loaded, "rows_per_second")} | | |
| resident memory after the load, MiB | {after_load_mib:,} | | | |
| log on disk, MB ({loaded["megabytes"]:,.0f} MB of line protocol sent) | {log_mb:,.0f} | | | |
| restart after `kill -9` until ready, s | {restart_seconds:.1f} | | | |

Statements over HTTP (JSON, one connection) after the restart; the peer is DuckDB {duckdb.__version__} from PyPI in its own process, on one sorted zstd Parquet
file, without a socket or JSON. Must and aim were set for 17.3 M rows (12 hours).

{table}""")
        server.stop()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
