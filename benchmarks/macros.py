"""The SQL of macros/statistics without dbt: its macros are plain Jinja."""

from functools import cache
from pathlib import Path

import duckdb
import jinja2
import yaml

PROJECT = Path(__file__).resolve().parents[1]


@cache
def macros():
    texts = sorted((PROJECT / "macros" / "statistics").glob("*.sql"))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    environment.globals["var"] = variables.__getitem__
    return environment, "".join(path.read_text() for path in texts)


def render(sql):
    """The SQL of a text that calls the macros: render("{{ normal_cdf('z') }}")."""
    environment, texts = macros()
    return environment.from_string(texts + sql).render().strip()


def query(sql, **tables):
    """The columns, as numpy arrays, of SQL with macros over tables of numpy columns."""
    with duckdb.connect(config={"threads": 2}) as connection:
        for name, columns in tables.items():
            connection.register(name, columns)
        return connection.sql(render(sql)).fetchnumpy()
