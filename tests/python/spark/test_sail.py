"""Delta and Iceberg: what a build replaces is deleted by a merge.

Half the exports are built on Sail, then the rest on top of them. What a build from
scratch on DuckDB gives is what has to be there then.
"""

import shutil

import pytest

from scripts.land_exports import land
from tests.python.conftest import PROJECT
from tests.python.spark import sail
from tests.python.spark.test_spark import SCHEMAS, differences

pytest.importorskip("pysail")
pytestmark = pytest.mark.spark
# pysail 0.7 gives a list without elements a row in a lateral join.
DIFFERENT = {"marts.objection_patterns"}


@pytest.fixture(scope="module", params=["delta", "iceberg"])
def sail_build(request, tmp_path_factory):
    """(folder of Parquet: schema/table, dbt's log of the build on top)."""
    folder = tmp_path_factory.mktemp(request.param)
    exports = sorted(
        path for path in (PROJECT / "exports").glob("*/**/*") if path.is_file()
    )
    options = ["--target", "spark", "--exclude", "int_metrics_forecasted+"]
    options += ["--exclude-resource-type", "test", "unit_test", "--no-use-colors"]
    options += ["--vars", f"table_format: {request.param}"]
    with sail.Sail(folder) as engine:
        for landed in (exports[::2], exports):
            for path in landed:
                copy = folder / "exports" / path.relative_to(PROJECT / "exports")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)
            land(folder / "exports", folder / "w.duckdb")
            engine.call(sail.land, folder / "w.duckdb", folder)
            (folder / "project/logs/dbt.log").unlink(missing_ok=True)
            engine.run("-m", "dbt.cli.main", "build", *options)
        engine.call(sail.dump, folder / "tables", *SCHEMAS)
    return folder / "tables", (folder / "project/logs/dbt.log").read_text()


def test_every_table_is_what_it_is_on_duckdb(sail_build, sample_warehouse):
    tables, _ = sail_build
    assert differences(tables, sample_warehouse).keys() == DIFFERENT


def test_replaced_rows_are_merged(sail_build):
    _, log = sail_build
    assert log.count("when matched then delete") > 30
    assert "left anti join" not in log
