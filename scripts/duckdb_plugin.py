"""dbt-duckdb plugin: what a dbt connection needs and SQL alone cannot give.

`edit_distance(a, b)`: Levenshtein with unit costs by code point, because DuckDB's own
counts bytes and is some fifty times slower. The empty raw tables, so that `dbt build`
works before anything has landed.
"""

import os

import duckdb
import numpy as np
import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from scripts import raw_warehouse, run_log

# Looked for first: twice as fast where a tenth or less of 1,000 characters changed, as
# fast where half of them did (benchmarks/edit_distance.py).
FEW_EDITS = 128


def edit_distance(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.Array:
    """Distances of two columns of text, row by row; rows with NULLs never get here."""
    distances = process.cpdist(
        left.to_pylist(),
        right.to_pylist(),
        scorer=Levenshtein.distance,
        dtype=np.int64,
        workers=os.cpu_count(),
        score_hint=FEW_EDITS,
    )
    return pa.array(distances)


def register_edit_distance(connection: duckdb.DuckDBPyConnection) -> None:
    connection.create_function(
        "edit_distance",
        edit_distance,
        ["VARCHAR", "VARCHAR"],
        "BIGINT",
        type="arrow",
    )


class Plugin(BasePlugin):
    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        register_edit_distance(conn)
        raw_warehouse.create_tables(conn)
        run_log.create_table(conn.execute)
