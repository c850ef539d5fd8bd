"""Called by bench/run_files.sh: what files cost, with DuckDB writing and reading the same rows beside it."""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import time

import duckdb
import pyarrow.parquet
import requests
import results

from support.server import Server

HOSTS, STEPS = 4000, 250  # a million rows
FIELDS = ["usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait", "usage_irq", "usage_softirq", "usage_steal",
          "usage_guest", "usage_guest_nice"]
READ = "SELECT count(*), " + ", ".join(f"sum({field})" for field in FIELDS) + " FROM read_parquet('{}')"
ROUNDS = 5


def cpu_seconds(work):
    """The least of several rounds: what others do on the machine only adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_SELF)
        work()
        after = resource.getrusage(resource.RUSAGE_SELF)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def our_file(build, work):
    """The one file that a server persisted for the rows."""
    with Server(work / "server") as server:
        created = server.cli("database", "create", "tsbs", "--late-arrive-window-seconds", "2", "--partition-template", "%Y")
        assert created.returncode == 0, created.stderr
        subprocess.run([f"{build}/bin/magnetite_load", "--hosts", str(HOSTS), "--steps", str(STEPS), "--url",
                        server.http + "/api/v3/write_lp?db=tsbs"], check=True, capture_output=True)
        for _ in range(600):
            chunks = requests.get(server.http + "/api/v3/query_sql", timeout=60, params={
                "db": "tsbs", "q": "SELECT storage FROM system.chunks", "format": "csv"}).text.split()[1:]
            if chunks and all("ObjectStore" in chunk for chunk in chunks) and len(chunks) == 1:
                break
            time.sleep(0.1)
    files = sorted((work / "server/data/store").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    assert pyarrow.parquet.read_metadata(files[-1]).num_rows == HOSTS * STEPS, "the server did not persist all rows in one file"
    return files[-1]


def image_bench(build):
    done = subprocess.run([f"{build}/bin/image_bench", "--benchmark_format=json", "--benchmark_min_time=2s"], check=True,
                          capture_output=True, text=True)
    return [(each["name"], each.get("items_per_second"), each.get("bytes_per_row"))
            for each in json.loads(done.stdout)["benchmarks"] if "items_per_second" in each]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--work", required=True)
    arguments = parser.parse_args()
    work = pathlib.Path(arguments.work)
    load_before = os.getloadavg()[0]

    csv = work / "rows.csv"
    subprocess.run([f"{arguments.build}/bin/tsbs_generate", "--hosts", str(HOSTS), "--steps", str(STEPS), "--csv", "--out", str(csv)],
                   check=True, capture_output=True)
    ours = our_file(arguments.build, work)
    peer = work / "duckdb.parquet"
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(f"CREATE TABLE rows AS SELECT * REPLACE (make_timestamp_ns(time) AS time) FROM read_csv('{csv}', header = true)")
    written = cpu_seconds(lambda: connection.execute(
        f"COPY (SELECT * FROM rows ORDER BY hostname, time) TO '{peer}' (FORMAT parquet, COMPRESSION zstd)"))
    assert connection.execute(READ.format(ours)).fetchall() == connection.execute(READ.format(peer)).fetchall()
    read_ours = cpu_seconds(lambda: connection.execute(READ.format(ours)).fetchall())
    read_peer = cpu_seconds(lambda: connection.execute(READ.format(peer)).fetchall())
    rows = HOSTS * STEPS

    lines = [
        "## Files", "",
        f"`bench/run_files.sh`, {time.strftime('%Y-%m-%d')}, at {results.commit()}; {results.machine()}, load average {load_before:.1f} before.",
        f"{rows:,} rows of the TSBS cpu-only shape. CPU time of one thread.", "",
        "| DuckDB " + duckdb.__version__ + " beside it | ours | DuckDB | ratio |", "| --- | ---: | ---: | ---: |",
        f"| bytes per row (must 7.8, aim 6.0) | {ours.stat().st_size / rows:.2f} | {peer.stat().st_size / rows:.2f} | "
        f"{ours.stat().st_size / peer.stat().st_size:.2f} |",
        f"| DuckDB reads the file: every field summed, M rows/s | {rows / read_ours / 1e6:.1f} | {rows / read_peer / 1e6:.1f} | "
        f"{read_peer / read_ours:.2f} |",
    ]
    benches = image_bench(arguments.build)
    persist = next((rate for name, rate, _ in benches if "persist" in name.lower()), None)
    if persist is not None:
        lines.append(f"| sort, encode, compress: M rows/s (must 2.0, aim 4.0) | {persist / 1e6:.2f} | {rows / written / 1e6:.2f} | "
                     f"{persist * written / rows:.2f} |")
    lines += ["", "| job (`image_bench`) | M rows/s per core | bytes per row |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {rate / 1e6:.2f} | {f'{size:.2f}' if size else ''} |" for name, rate, size in benches]
    catalog = subprocess.run([f"{arguments.build}/bin/catalog_bench", "--folder", str(work)], check=True, capture_output=True, text=True)
    lines += ["", "`catalog_bench`, 100,000 files that are only named:", ""]
    lines += [f"- {line}" for line in catalog.stdout.splitlines() if not re.match(r"\[\d{4}-", line)]
    results.replace_part("files", "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
