"""A standalone Spark cluster on loopback: one master, some workers, each a process."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from tests.python.conftest import PROJECT

SPARK_BIN = PROJECT / ".venv-spark/bin"
# The plans of some models are deep. The first compiler and one thread for garbage: a
# JVM starts in half the time.
JVM = "-Xss4m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"


def missing():
    """What this machine lacks to run Spark, or None."""
    if not (SPARK_BIN / "dbt").exists():
        return f"{SPARK_BIN.parent} is absent (make spark)"
    return None if shutil.which("java") else "there is no Java"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """`with Cluster(folder) as cluster`: everything it writes is below `folder`."""

    def __init__(self, folder, workers=2):
        self.folder = folder
        self._count = workers
        self._processes, self.workers = [], []
        self._port, self._ui = free_port(), free_port()
        self.master = f"spark://127.0.0.1:{self._port}"
        (home,) = SPARK_BIN.parent.glob("lib/python3*/site-packages/pyspark")
        self.environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_CONF_DIR": str(folder / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": JVM,
            "PYSPARK_PYTHON": str(SPARK_BIN / "python"),
            "PYTHONPATH": str(PROJECT),
        }
        self._class = home / "bin/spark-class"

    def __enter__(self):
        (self.folder / "conf").mkdir(parents=True)
        settings = {
            "spark.master": self.master,
            "spark.driver.memory": "1g",
            "spark.executor.memory": "1g",
            "spark.executor.cores": "1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraJavaOptions": JVM,
            "spark.executor.extraJavaOptions": JVM,
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false",
            "spark.sql.warehouse.dir": f"file:{self.folder}/warehouse",
            "spark.hadoop.javax.jdo.option.ConnectionURL": (
                f"jdbc:derby:;databaseName={self.folder}/metastore;create=true"
            ),
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        (self.folder / "conf/spark-defaults.conf").write_text("".join(lines))
        deploy = "org.apache.spark.deploy"
        address = ["--host", "127.0.0.1"]
        try:
            self._start(
                "master",
                f"{deploy}.master.Master",
                *address,
                *("--port", str(self._port), "--webui-port", str(self._ui)),
            )
            for number in range(self._count):
                worker = self._start(
                    f"worker{number}",
                    f"{deploy}.worker.Worker",
                    *address,
                    *("--cores", "1", "--memory", "1500m", "--webui-port", "0"),
                    *("--work-dir", str(self.folder / f"work{number}"), self.master),
                )
                self.workers.append(worker)
            self._wait_for_workers()
        except BaseException:
            self._stop()
            raise
        return self

    def _start(self, name, *arguments):
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(self._class), *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def _wait_for_workers(self, seconds=90):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.alive() == self._count:
                return
            time.sleep(0.5)
        raise TimeoutError(f"{self._count} workers did not start in {seconds} s")

    def alive(self):
        """How many workers the master counts as alive; 0 until it answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ui}/json/") as page:
                workers = json.load(page)["workers"]
        except OSError:
            return 0
        return sum(worker["state"] == "ALIVE" for worker in workers)

    def __exit__(self, *_):
        self._stop()

    def _stop(self):
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def run(self, *command, on_line=lambda line: None):
        """Runs a program of the Spark environment to its end; its output."""
        process = subprocess.Popen(
            [str(SPARK_BIN / command[0]), *map(str, command[1:])],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        for line in process.stdout:
            lines.append(line)
            on_line(line)
        output = "".join(lines)
        assert process.wait() == 0, output[-6000:]
        return output

    def dump(self, schemas, target: Path):
        """Writes every table and view of some schemas as Parquet: schema/name."""
        code = (
            "from pyspark.sql import SparkSession\n"
            "spark = SparkSession.builder.enableHiveSupport()"
            ".config('spark.sql.session.timeZone', 'UTC').getOrCreate()\n"
            f"for schema in {list(schemas)!r}:\n"
            "    for table in spark.catalog.listTables(schema):\n"
            "        if not table.isTemporary:\n"
            "            name = f'{schema}.{table.name}'\n"
            "            spark.table(name).coalesce(1).write.parquet("
            f"f'{target}/{{schema}}/{{table.name}}')\n"
        )
        self.run("python", "-c", code)
