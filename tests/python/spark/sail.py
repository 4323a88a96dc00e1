"""Sail (pysail): another engine with Spark's SQL, which has Delta and Iceberg.

Apache Spark has them as jars, which no Python package brings. One process, up in
seconds, without Java. It cannot run the Python of landing, so it is given DuckDB's raw.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from scripts.raw_warehouse import COLUMNS
from tests.python.conftest import PROJECT
from tests.python.spark.cluster import free_port

MACROS = Path(__file__).with_name("sail_macros.sql")
# pysail 0.7 refuses a Spark beyond 4.2, whose settings it does not know.
SERVER = (
    "import pyspark, sys\n"
    "pyspark.__version__ = '4.2.0'\n"
    "from pysail.spark import SparkConnectServer\n"
    "SparkConnectServer('127.0.0.1', int(sys.argv[1])).start(background=False)\n"
)


class Sail:
    """`with Sail(folder) as sail`: everything it writes is below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self._port = free_port()
        address = f"sc://127.0.0.1:{self._port}/;session_id={uuid.uuid4()}"
        self.environment = {**os.environ, "SPARK_REMOTE": address}

    def __enter__(self):
        copy_project(self.folder / "project")
        with (self.folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-c", SERVER, str(self._port)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self._port)) == 0:
                    return self
            time.sleep(0.1)
        self.__exit__()
        raise TimeoutError((self.folder / "server.log").read_text())

    def __exit__(self, *_):
        self._server.kill()
        self._server.wait()

    def run(self, *command):
        """Runs Python as a client of Sail; its output."""
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            cwd=self.folder / "project",
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    def call(self, function, *arguments):
        """Runs a function of this module in a process of its own."""
        code = "import sys; sys.path.insert(0, sys.argv[1]); from tests.python.spark"
        code += f" import sail; sail.{function.__name__}(*sys.argv[2:])"
        self.run("-c", code, PROJECT, *arguments)


def copy_project(folder):
    """The dbt project, with macros for Sail in the place of some of Spark's."""
    for name in ("dbt_project.yml", "profiles.yml"):
        folder.mkdir(exist_ok=True, parents=True)
        shutil.copy(PROJECT / name, folder)
    for name in ("macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in re.findall(r"macro spark__(\w+)\(", MACROS.read_text()):
        (file,) = folder.glob(f"macros/*/{name}.sql")
        text = file.read_text()
        assert f"macro spark__{name}(" in text
        file.write_text(text.replace(f"macro spark__{name}(", f"macro not__{name}("))
    shutil.copy(MACROS, folder / "macros")


def land(warehouse, folder):
    """The tables of raw, as DuckDB landed them."""
    from pyspark.sql import SparkSession

    from scripts.land_on_spark import create_tables

    spark = SparkSession.builder.getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.warehouse.dir", f"{folder}/warehouse")
    create_tables(spark)
    with duckdb.connect(warehouse) as connection:
        for table in COLUMNS:
            file = f"{folder}/{table}.parquet"
            connection.execute(f"copy raw.{table} to '{file}' (format parquet)")
            spark.sql(f"insert overwrite raw.{table} select * from parquet.`{file}`")


def dump(target, *schemas):
    """Writes every table and view of some schemas as Parquet: schema/name."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    for schema in schemas:
        for table in spark.catalog.listTables(schema):
            if not table.isTemporary:
                folder = Path(target, schema, table.name)
                folder.mkdir(parents=True)
                rows = spark.table(f"{schema}.{table.name}").toArrow()
                pq.write_table(rows, folder / "0.parquet")
