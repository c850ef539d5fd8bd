"""Bursts of late rows into one day leave few files, and other readers find no row twice in them."""
import os
import pathlib
import subprocess

import pyarrow.dataset
import pytest

BUILD = pathlib.Path(os.environ["MAGNETITE_BUILD"])
BURSTS = 10_000


@pytest.fixture(scope="module")
def bursts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bursts")
    done = subprocess.run([BUILD / "bin/late_bursts", str(BURSTS), str(folder)], capture_output=True, text=True,
                          timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, int(done.stdout)


def test_the_number_of_files_is_bounded(bursts):
    folder, files_max = bursts
    assert files_max <= 40
    assert len(list(folder.iterdir())) == 1, "a quiet partition ends with one file"


def test_pyarrow_reads_no_row_twice(bursts):
    folder, _ = bursts
    table = pyarrow.dataset.dataset(folder, format="parquet").to_table()
    rows = table.set_column(table.column_names.index("time"), "time", table["time"].cast("int64")).to_pylist()
    identities = [(row["t"], row["time"]) for row in rows]
    assert len(identities) == len(set(identities)) == BURSTS + 1
    values = {row["t"]: row["v"] for row in rows}
    assert values["always"] == BURSTS - 1, "the last value wins"
    assert all(values[f"b{burst}"] == burst for burst in range(BURSTS))
