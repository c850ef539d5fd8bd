"""Our Parquet files in other readers: rows, types, field ids and statistics, as written, compacted and split."""
import math
import pathlib
import random
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support import need

SPLIT_NS = 1_700_000_000_000_005_000
FIELDS = ["f", "i", "u", "b", "s"]
SAVED = pathlib.Path(__file__).parent


def random_row(random_, chunk):
    row = {"host": f"h{random_.randrange(9)}"}
    if random_.random() < 0.7:
        row["area"] = random_.choice(["east", "west", "ü, sea"])
    if chunk == 1 and random_.random() < 0.5:
        row["rack"] = str(random_.randrange(4))
    row["time"] = SPLIT_NS - 5_000 + random_.randrange(10_000)
    values = {
        "f": random_.uniform(-1e9, 1e9), "i": random_.randrange(-2**63, 2**63), "u": random_.randrange(2**64),
        "b": random_.random() < 0.5, "s": random_.choice(["", "x", 'say "hi"', "long " * 20]),
    }
    kept = [name for name in FIELDS if random_.random() < 0.6] or ["f"]
    return row | {name: values[name] for name in kept}


def line(row):
    def escaped(text):
        return text.replace(",", "\\,").replace(" ", "\\ ").replace("=", "\\=")

    def value(name):
        given = row[name]
        if name == "s":
            return '"' + given.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return {"f": repr(given), "i": f"{given}i", "u": f"{given}u", "b": str(given).lower()}[name]

    tags = "".join(f",{key}={escaped(row[key])}" for key in ("host", "area", "rack") if key in row)
    return f"m{tags} " + ",".join(f"{name}={value(name)}" for name in FIELDS if name in row) + f" {row['time']}"


def fold(chunks):
    """Per identity the last value of each field."""
    rows = {}
    for row in (row for chunk in chunks for row in chunk):
        identity = (row.get("rack"), row.get("area"), row["host"], row["time"])
        rows.setdefault(identity, {}).update(row)
    return rows


def identities(rows):
    return {(row.get("rack"), row.get("area"), row["host"], row["time"]): {k: v for k, v in row.items() if v is not None}
            for row in rows}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parquet")
    random_ = random.Random(7)
    chunks = [[random_row(random_, chunk) for _ in range(2_500)] for chunk in range(3)]
    text = "--\n".join("".join(line(row) + "\n" for row in chunk) for chunk in chunks)
    subprocess.run([need.built("parquet_images"), "write", folder, str(SPLIT_NS)], input=text.encode(), check=True)
    whole = fold(chunks)
    expected = {f"chunk-{i}": fold([chunk]) for i, chunk in enumerate(chunks)} | {
        "compacted": whole,
        "early": {key: row for key, row in whole.items() if row["time"] <= SPLIT_NS},
        "late": {key: row for key, row in whole.items() if row["time"] > SPLIT_NS},
    }
    return {name: (folder / f"{name}.parquet", rows) for name, rows in expected.items()}


NAMES = ["chunk-0", "chunk-1", "chunk-2", "compacted", "early", "late"]


def times_as_numbers(table):
    return table.set_column(table.column_names.index("time"), "time", table["time"].cast(pa.int64()))


@pytest.mark.parametrize("name", NAMES)
def test_pyarrow_reads_the_rows_once_each(files, name):
    path, expected = files[name]
    rows = times_as_numbers(pq.read_table(path)).to_pylist()
    assert len(rows) == len(expected)
    assert identities(rows) == expected


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_reads_the_rows_once_each(files, name):
    path, expected = files[name]
    relation = duckdb.sql(f"SELECT * REPLACE (epoch_ns(time) AS time) FROM read_parquet('{path}')")
    rows = [dict(zip(relation.columns, row)) for row in relation.fetchall()]
    assert len(rows) == len(expected)
    assert identities(rows) == expected


def test_types_and_field_ids(files):
    schema = pq.read_schema(files["compacted"][0])
    tag = pa.dictionary(pa.int32(), pa.string())
    types = {"host": tag, "area": tag, "rack": tag, "time": pa.timestamp("ns"), "f": pa.float64(), "i": pa.int64(),
             "u": pa.uint64(), "b": pa.bool_(), "s": pa.string()}
    assert {field.name: field.type for field in schema} == types
    assert [field.name for field in schema] == ["area", "host", "rack", "time", "b", "f", "i", "s", "u"]
    assert not schema.field("time").nullable
    ids = {field.name: int(field.metadata[b"PARQUET:field_id"]) for field in schema}
    assert ids["time"] == 1
    assert len(set(ids.values())) == len(ids)
    for name in NAMES:  # a column keeps its id from file to file
        other = pq.read_schema(files[name][0])
        assert {field.name: int(field.metadata[b"PARQUET:field_id"]) for field in other}.items() <= ids.items()
    kinds = {field.name: field.metadata[b"iox::column::type"].decode() for field in schema}
    assert kinds["host"] == "iox::column_type::tag"
    assert kinds["time"] == "iox::column_type::timestamp"
    assert kinds["u"] == "iox::column_type::field::uinteger"
    relation = duckdb.sql(f"FROM read_parquet('{files['compacted'][0]}')")
    duckdb_types = dict(zip(relation.columns, relation.types))
    assert {name: str(kind) for name, kind in duckdb_types.items()} == {
        "host": "VARCHAR", "area": "VARCHAR", "rack": "VARCHAR", "time": "TIMESTAMP_NS", "f": "DOUBLE", "i": "BIGINT",
        "u": "UBIGINT", "b": "BOOLEAN", "s": "VARCHAR"}


@pytest.mark.parametrize("name", NAMES)
def test_statistics_are_those_of_the_rows(files, name):
    file = pq.ParquetFile(files[name][0])
    assert file.metadata.num_row_groups == math.ceil(file.metadata.num_rows / 1_000)
    for group in range(file.metadata.num_row_groups):
        table = times_as_numbers(file.read_row_group(group))
        for position in range(file.metadata.num_columns):
            chunk = file.metadata.row_group(group).column(position)
            assert chunk.has_offset_index and chunk.has_column_index
            values = [value for value in table[chunk.path_in_schema].to_pylist() if value is not None]
            statistics = chunk.statistics
            assert statistics.null_count == table.num_rows - len(values)
            assert statistics.has_min_max == bool(values)
            if not values or chunk.path_in_schema == "time":
                continue
            low, high = min(values), max(values)
            if isinstance(low, str):
                low, high = min(values, key=str.encode), max(values, key=str.encode)
            assert statistics.min == low
            assert statistics.max == high
        times = table["time"].to_pylist()
        bounds = duckdb.sql(
            f"SELECT stats_min_value, stats_max_value FROM parquet_metadata('{files[name][0]}') "
            f"WHERE path_in_schema = 'time' AND row_group_id = {group}").fetchall()[0]
        text = [duckdb.sql(f"SELECT make_timestamp_ns({time})::VARCHAR").fetchall()[0][0] for time in (min(times), max(times))]
        assert list(bounds) == text


@pytest.mark.parametrize("name", NAMES)
def test_rows_lie_in_the_order_the_file_claims(files, name):
    file = pq.ParquetFile(files[name][0])
    order = [(sort.column_index, sort.descending, sort.nulls_first) for sort in file.metadata.row_group(0).sorting_columns]
    names = [file.schema_arrow.names[index] for index, _, _ in order]
    assert names[-1] == "time"
    assert all(not descending and nulls_first for _, descending, nulls_first in order)
    rows = times_as_numbers(file.read()).select(names).to_pylist()
    keys = [tuple((value is not None, value.encode() if isinstance(value, str) else value) for value in row.values())
            for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_the_footer_names_the_file(files):
    metadata = pq.ParquetFile(files["compacted"][0]).metadata.metadata
    assert metadata[b"iox::measurement::name"] == b"compat table"
    assert metadata[b"magnetite:chunk_order"] == b"8"
    assert metadata[b"magnetite:sequences"] == b"0:1-9"
    assert metadata[b"magnetite:created_at"] == b"1700000000000000000"


@pytest.mark.parametrize("saved", sorted(SAVED.glob("*.parquet")), ids=lambda path: path.stem)
def test_files_of_every_version_stay_readable(saved):
    read = subprocess.run([need.built("parquet_images"), "read", saved], capture_output=True, check=True)
    assert read.stdout == saved.with_suffix(".txt").read_bytes()
