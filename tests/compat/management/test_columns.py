"""Writes as columns: FlatBuffers entries, and the protobuf batches of influxdata.transfer.column.v1."""
import struct

import pytest

from entry_buffer import BOOL, BYTES, F64, FIELD, I64, IOX, STRING, TAG, TIME, U64, Column, delete_entry, entry
from expect import field_violation, not_found, refused

STRANGE = 'blank, comma=equals "quoted" back\\slash\nnew line, ümläut \\'
COLUMNS = [
    Column("region", TAG, STRING, ["west", None]), Column("host name", TAG, STRING, ["a b", "c,d=e\\f"]),
    Column("i", FIELD, I64, [-(2**63), 2**63 - 1]), Column("u", FIELD, U64, [2**64 - 1, None]),
    Column("f", FIELD, F64, [None, 5e-324]), Column("b", FIELD, BOOL, [True, False]),
    Column("s, =s", FIELD, STRING, ["", STRANGE]), Column("time", TIME, I64, [100, -5]),
]
ROWS = [
    {"region": None, "host name": "c,d=e\\f", "i": 2**63 - 1, "u": None, "f": 5e-324, "b": False, "s, =s": STRANGE},
    {"region": "west", "host name": "a b", "i": -(2**63), "u": 2**64 - 1, "f": None, "b": True, "s, =s": ""},
]
TIMES = [-5, 100]
ROLES = {IOX: 1, TAG: 2, FIELD: 3, TIME: 4}
LISTS = {I64: "i64_values", F64: "f64_values", U64: "u64_values", STRING: "string_values", BOOL: "bool_values",
         BYTES: "bytes_values"}


def stored(api, name, table="t"):
    rows = api.flight(name, f"SELECT * EXCLUDE (time) FROM {table} ORDER BY time")
    times = [each["time"] for each in api.flight(name, f"SELECT time FROM {table} ORDER BY time")]
    return rows, times


def by_entry(api, name, columns, table="t"):
    api.write.WriteEntry(db_name=name, entry=entry({"key": {table: columns}}))


def batch(name, columns, row_count=2, table="t"):
    return {"database_name": name, "table_batches": [{"table_name": table, "row_count": row_count, "columns": [
        {"column_name": each.name, "semantic_type": ROLES[each.role], "values": {LISTS[each.kind]: each.present()},
         "null_mask": each.mask() or b""} for each in columns]}]}


def by_batch(api, name, columns, row_count=2, table="t"):
    api.column_write.Write(database_batch=batch(name, columns, row_count, table))


@pytest.mark.parametrize("write", [by_entry, by_batch])
def test_every_type_comes_back_exactly(api, name, write):
    api.create(name)
    write(api, name, COLUMNS)
    assert stored(api, name) == (ROWS, TIMES)


@pytest.mark.parametrize("write", [by_entry, by_batch])
def test_null_masks_begin_with_the_highest_bit(api, name, write):
    api.create(name)
    values = [None, 1, None, 3, 4, 5, 6, 7, None, 9]
    assert Column("v", FIELD, I64, values).mask() == b"\xa0\x80"
    columns = [Column("time", TIME, I64, list(range(10))), Column("v", FIELD, I64, values),
               Column("all", FIELD, BOOL, [True] * 10)]
    if write is by_entry:
        by_entry(api, name, columns)
    else:
        by_batch(api, name, columns, row_count=10)
    assert [each["v"] for each in api.flight(name, "SELECT v FROM t ORDER BY time")] == values


def test_an_entry_may_hold_many_partitions_and_tables(api, name):
    api.create(name)
    columns = [Column("time", TIME, I64, [1, 2]), Column("v", FIELD, F64, [0.5, -1e300])]
    api.write.WriteEntry(db_name=name, entry=entry({"a": {"one": columns, "two": columns}, "b": {"three": columns}}))
    for table in ("one", "two", "three"):
        assert stored(api, name, table) == ([{"v": 0.5}, {"v": -1e300}], [1, 2])
    # The key that an entry brings is not looked at: the rules of the database say where a row goes.
    assert [each.key for each in api.management.ListPartitions(db_name=name).partitions] == ["one", "three", "two"]


def test_entries_without_rows_store_nothing(api, name):
    api.create(name)
    api.write.WriteEntry(db_name=name, entry=entry({}))
    api.write.WriteEntry(db_name=name, entry=entry({"": {}}))
    by_entry(api, name, [Column("time", TIME, I64, []), Column("v", FIELD, F64, [])])
    api.column_write.Write(database_batch={"database_name": name})
    assert api.chunks(name) == []


def test_unknown_databases(api):
    not_found(lambda: by_entry(api, "nobody", COLUMNS), "database", "nobody")
    not_found(lambda: by_batch(api, "nobody", COLUMNS), "database", "nobody")


TIME_COLUMN = Column("time", TIME, I64, [1, 2])
FIELD_COLUMN = Column("v", FIELD, F64, [1.5, 2.5])
BAD = {
    "no time": ([FIELD_COLUMN], "time"),
    "two times": ([TIME_COLUMN, TIME_COLUMN, FIELD_COLUMN], "time"),
    "time with nulls": ([Column("time", TIME, I64, [1, None]), FIELD_COLUMN], "time"),
    "time of another type": ([Column("time", TIME, F64, [1.5, 2.5]), FIELD_COLUMN], "time"),
    "time of another name": ([Column("when", TIME, I64, [1, 2]), FIELD_COLUMN], "when"),
    "a field called time": ([TIME_COLUMN, FIELD_COLUMN, Column("time", FIELD, F64, [1.5, 2.5])], "time"),
    "the same name twice": ([TIME_COLUMN, FIELD_COLUMN, FIELD_COLUMN], "v"),
    "a row without fields": ([TIME_COLUMN, Column("v", FIELD, F64, [None, 2.5])], "row 0"),
    "rows that differ": ([TIME_COLUMN, Column("v", FIELD, F64, [1.5])], "v"),
    "infinite": ([TIME_COLUMN, Column("v", FIELD, F64, [1.5, float("inf")])], "row 1"),
    "not a number": ([TIME_COLUMN, Column("v", FIELD, F64, [1.5, float("nan")])], "row 1"),
    "bytes": ([TIME_COLUMN, Column("v", FIELD, BYTES, [b"x", b"y"])], "bytes"),
    "no role": ([TIME_COLUMN, Column("v", IOX, STRING, ["x", "y"])], "v"),
    "a tag of numbers": ([TIME_COLUMN, FIELD_COLUMN, Column("t", TAG, I64, [1, 2])], "t"),
    "an empty tag": ([TIME_COLUMN, FIELD_COLUMN, Column("t", TAG, STRING, ["", "x"])], "row 0"),
    "an empty name": ([TIME_COLUMN, Column("", FIELD, F64, [1.5, 2.5])], "name"),
    "a newline in a name": ([TIME_COLUMN, Column("a\nb", FIELD, F64, [1.5, 2.5])], "a\nb"),
    "mask with padding": ([TIME_COLUMN, FIELD_COLUMN, Column("w", FIELD, F64, [1.5], b"\x41")], "w"),
    "mask too long": ([TIME_COLUMN, FIELD_COLUMN, Column("w", FIELD, F64, [1.5], b"\x40\x00")], "w"),
}


@pytest.mark.parametrize("what", BAD)
def test_malformed_columns_are_refused_with_their_place(api, name, what):
    api.create(name)
    columns, word = BAD[what]
    for call, field in ((lambda: by_entry(api, name, columns), "entry"),
                        (lambda: by_batch(api, name, columns), "database_batch")):
        description = field_violation(call, field, "table t", word)
        assert "line" not in description  # nobody sent lines
    assert api.chunks(name) == []


def test_row_counts_must_agree(api, name):
    api.create(name)
    field_violation(lambda: by_batch(api, name, [TIME_COLUMN, FIELD_COLUMN], row_count=3), "database_batch", "table t", "3")


def test_column_batches_need_a_batch(api):
    field_violation(api.column_write.Write, "database_batch", "Field is required")


def test_deletes_are_refused(api, name):
    api.create(name)
    field_violation(lambda: api.write.WriteEntry(db_name=name, entry=delete_entry("t", "a=b")), "entry", "delete")


def test_damaged_entries_are_refused(api, name):
    api.create(name)
    field_violation(lambda: api.write.WriteEntry(db_name=name), "entry", "empty")
    whole = entry({"key": {"t": COLUMNS}})
    for damaged in (b"\0", b"garbage that is no entry", struct.pack("<I", 2**31) + whole[4:], whole[:len(whole) // 2]):
        field_violation(lambda damaged=damaged: api.write.WriteEntry(db_name=name, entry=damaged), "entry")
    # Every byte changed: refused or stored, and the server lives.
    for place in range(0, len(whole), 7):
        changed = whole[:place] + bytes([whole[place] ^ 0xff]) + whole[place + 1:]
        try:
            api.write.WriteEntry(db_name=name, entry=changed)
        except Exception as failure:  # pylint: disable=broad-exception-caught
            assert failure.code == "INVALID_ARGUMENT", failure


def test_one_bad_table_refuses_the_whole_entry(api, name):
    api.create(name)
    good = [TIME_COLUMN, FIELD_COLUMN]
    both = entry({"": {"good": good, "bad": [TIME_COLUMN]}})
    field_violation(lambda: api.write.WriteEntry(db_name=name, entry=both), "entry", "table bad")
    assert api.chunks(name) == []


def test_conflicts_of_types_name_the_table_and_the_row(api, name):
    api.create(name, "t v=1i 1")
    field_violation(lambda: by_entry(api, name, [TIME_COLUMN, FIELD_COLUMN]), "entry", "table t, row 0", "v")


def test_an_entry_of_more_rows_than_fit_is_too_large(api, name):
    api.create(name)
    rows = 100_000
    long_name = "n" * 2000  # written again for each row
    columns = [Column("time", TIME, I64, list(range(rows))), Column(long_name, FIELD, BOOL, [True] * rows)]
    failure = refused(lambda: by_entry(api, name, columns), "RESOURCE_EXHAUSTED")
    assert "smaller" in failure.text
