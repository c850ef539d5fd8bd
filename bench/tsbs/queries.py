#!/usr/bin/env python3
"""The TSBS devops statements in SQL: timed over HTTP against a running server, and checked against DuckDB from PyPI on a
Parquet file of the same rows, which is also the peer timed in the same run.

    queries.py --url http://127.0.0.1:8080 --db tsbs --parquet cpu.parquet [--hosts 4000] [--hours 6] [--check-only]
"""
import argparse
import datetime
import http.client
import json
import math
import random
import re
import statistics
import sys
import time
import urllib.parse

import duckdb

START = datetime.datetime(2016, 1, 1)
FIELDS = ["usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait",
          "usage_irq", "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"]

# Must and aim in milliseconds of the statements that have one, for 17.3 M rows (4,000 hosts, 12 hours).
TARGETS = {
    "single-groupby-1-1-1": (4, 1.2),
    "cpu-max-all-8": (20, 8),
    "double-groupby-1": (180, 120),
    "double-groupby-5": (430, 250),
    "double-groupby-all": (550, 280),
    "high-cpu-all": (550, 400),
    "lastpoint": (50, 8),
}


class Statements:
    """Makes statements of each kind with seeded hosts and windows; a window never exceeds the data."""

    def __init__(self, hosts, hours, seed=123):
        self.hosts, self.hours, self.dice = hosts, hours, random.Random(seed)

    def window(self, hours):
        hours = min(hours, self.hours)
        slack = int((self.hours - hours) * 3600)
        begin = START + datetime.timedelta(seconds=self.dice.randrange(slack + 1))
        end = begin + datetime.timedelta(hours=hours)
        return f"time >= '{begin:%Y-%m-%d %H:%M:%S}' AND time < '{end:%Y-%m-%d %H:%M:%S}'"

    def some_hosts(self, count):
        names = ", ".join(f"'host_{i}'" for i in sorted(self.dice.sample(range(self.hosts), min(count, self.hosts))))
        return f"hostname IN ({names})"

    @staticmethod
    def each(function, count):
        return ", ".join(f"{function}({field}) AS {function}_{field}" for field in FIELDS[:count])

    def single_groupby(self, fields, hosts, hours):
        return (f"SELECT date_trunc('minute', time) AS minute, {self.each('max', fields)} FROM cpu "
                f"WHERE {self.some_hosts(hosts)} AND {self.window(hours)} GROUP BY minute ORDER BY minute")

    def cpu_max_all(self, hosts):
        return (f"SELECT date_trunc('hour', time) AS hour, {self.each('max', 10)} FROM cpu "
                f"WHERE {self.some_hosts(hosts)} AND {self.window(8)} GROUP BY hour ORDER BY hour")

    def double_groupby(self, fields):
        return (f"SELECT date_trunc('hour', time) AS hour, hostname, {self.each('avg', fields)} FROM cpu "
                f"WHERE {self.window(12)} GROUP BY hour, hostname ORDER BY hour, hostname")

    def high_cpu(self, hosts):
        where = f" AND {self.some_hosts(hosts)}" if hosts else ""
        return f"SELECT * FROM cpu WHERE usage_user > 90 AND {self.window(12)}{where}"

    def groupby_orderby_limit(self):
        seconds = self.dice.randrange(int(self.hours * 1800), int(self.hours * 3600) + 1)
        end = START + datetime.timedelta(seconds=seconds)
        return (f"SELECT date_trunc('minute', time) AS minute, max(usage_user) AS most FROM cpu "
                f"WHERE time < '{end:%Y-%m-%d %H:%M:%S}' GROUP BY minute ORDER BY minute DESC LIMIT 5")

    @staticmethod
    def lastpoint():
        return ("SELECT c.* FROM cpu c JOIN (SELECT hostname, max(time) AS time FROM cpu GROUP BY hostname) l "
                "ON c.hostname = l.hostname AND c.time = l.time")

    @staticmethod
    def lastpoint_distinct():
        return "SELECT DISTINCT ON (hostname) * FROM cpu ORDER BY hostname, time DESC"

    def kinds(self):
        """name -> (maker of one statement, how often it is timed)."""
        return {
            "single-groupby-1-1-1": (lambda: self.single_groupby(1, 1, 1), 50),
            "single-groupby-1-1-12": (lambda: self.single_groupby(1, 1, 12), 30),
            "single-groupby-1-8-1": (lambda: self.single_groupby(1, 8, 1), 30),
            "single-groupby-5-1-1": (lambda: self.single_groupby(5, 1, 1), 30),
            "single-groupby-5-1-12": (lambda: self.single_groupby(5, 1, 12), 30),
            "single-groupby-5-8-1": (lambda: self.single_groupby(5, 8, 1), 30),
            "cpu-max-all-1": (lambda: self.cpu_max_all(1), 30),
            "cpu-max-all-8": (lambda: self.cpu_max_all(8), 30),
            "double-groupby-1": (lambda: self.double_groupby(1), 5),
            "double-groupby-5": (lambda: self.double_groupby(5), 5),
            "double-groupby-all": (lambda: self.double_groupby(10), 5),
            "high-cpu-1": (lambda: self.high_cpu(1), 20),
            "high-cpu-all": (lambda: self.high_cpu(0), 3),
            "lastpoint": (self.lastpoint, 5),
            "lastpoint-distinct-on": (self.lastpoint_distinct, 5),
            "groupby-orderby-limit": (self.groupby_orderby_limit, 10),
        }


class HttpSql:
    """One kept-alive connection to /api/v3/query_sql."""

    def __init__(self, url, database):
        self.connection = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc, timeout=600)
        self.database = database

    def body(self, sql, result_format="json"):
        query = urllib.parse.urlencode({"db": self.database, "q": sql, "format": result_format})
        self.connection.request("GET", f"/api/v3/query_sql?{query}")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{sql}: {answer.status}: {body[:500]}")
        return body

    def rows(self, sql):
        return json.loads(self.body(sql))


class Peer:
    """DuckDB in this process, on a Parquet file."""

    def __init__(self, parquet, threads=None):
        self.connection = duckdb.connect()
        if threads:
            self.connection.execute(f"SET threads = {threads}")
        self.connection.execute(f"CREATE VIEW cpu AS SELECT * FROM read_parquet('{parquet}')")

    def fetch(self, sql):
        """For timing: the whole answer as Arrow, without making Python objects of it."""
        return self.connection.execute(sql).to_arrow_table()

    def rows(self, sql):
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row)) for row in result.fetchall()]


def make_parquet(csv, parquet):
    """The rows of `tsbs_generate --csv` as one Parquet file, sorted as a good peer would keep it."""
    duckdb.connect().execute(
        f"COPY (SELECT * REPLACE (make_timestamp_ns(time) AS time, rack::VARCHAR AS rack, service::VARCHAR AS service, "
        f"service_version::VARCHAR AS service_version) FROM read_csv('{csv}', header = true) ORDER BY hostname, time) "
        f"TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")


def canonical_value(value):
    """What a value means, however a client spells it: numbers rounded, instants as text without trailing zeros."""
    if isinstance(value, float):
        return value if not math.isfinite(value) else float(f"{value:.10g}")
    if isinstance(value, bool) or value is None or isinstance(value, str):
        text = value
    elif isinstance(value, int):
        return float(value)
    else:
        text = str(value)
    if isinstance(text, str) and re.match(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", text):
        text = text.replace("T", " ").rstrip("Z")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return text


def canonical_row(row):
    return tuple(sorted((name, canonical_value(value)) for name, value in row.items() if value is not None))


def digest(rows):
    """Rows as a set with counts; small enough for answers of a million rows."""
    return sorted(hash(canonical_row(row)) for row in rows)


def check(server, peer, statements):
    """Compares both answers to one statement of each kind; returns digests of the answers, to be compared again later."""
    answers = {}
    for name, (make, _) in statements.kinds().items():
        sql = make()
        ours, theirs = server.rows(sql), peer.rows(sql)
        answers[sql] = digest(ours)
        expected = digest(theirs)
        if answers[sql] != expected:
            known, wanted = set(expected), set(answers[sql])
            extra = [row for row in ours if hash(canonical_row(row)) not in known][:1]
            missing = [row for row in theirs if hash(canonical_row(row)) not in wanted][:1]
            raise AssertionError(f"{name}: {len(ours)} rows against {len(theirs)}; only ours: {extra}; missing: {missing}\n{sql}")
    return answers


def check_again(server, answers):
    for sql, expected in answers.items():
        if digest(server.rows(sql)) != expected:
            raise AssertionError(f"another answer than before: {sql}")


def median_ms(run, statements):
    run(statements[0])
    times = []
    for sql in statements:
        begin = time.perf_counter()
        run(sql)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def table(server, peer, hosts, hours):
    lines = ["| statement | p50 ms | DuckDB p50 ms | ratio | must | aim |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, (make, times) in Statements(hosts, hours, seed=7).kinds().items():
        sqls = [make() for _ in range(times)]
        ours = median_ms(server.body, sqls)
        theirs = median_ms(peer.fetch, sqls)
        must, aim = TARGETS.get(name, ("", ""))
        lines.append(f"| {name} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} | {must} | {aim} |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--db", default="tsbs")
    parser.add_argument("--parquet", required=True, help="the same rows; made from --csv when that is given")
    parser.add_argument("--csv")
    parser.add_argument("--hosts", type=int, default=4000)
    parser.add_argument("--hours", type=float, default=6)
    parser.add_argument("--check-only", action="store_true")
    options = parser.parse_args()
    if options.csv:
        make_parquet(options.csv, options.parquet)
    server, peer = HttpSql(options.url, options.db), Peer(options.parquet)
    check(server, peer, Statements(options.hosts, options.hours))
    print("every statement has the answer that DuckDB has on the same rows", file=sys.stderr)
    if not options.check_only:
        print(table(server, peer, options.hosts, options.hours))


if __name__ == "__main__":
    main()
