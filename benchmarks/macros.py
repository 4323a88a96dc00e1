"""The SQL of macros/statistics without dbt: its macros are plain Jinja."""

from functools import cache
from pathlib import Path

import jinja2

MACROS = Path(__file__).resolve().parents[1] / "macros" / "statistics"


@cache
def macros():
    texts = [path.read_text() for path in sorted(MACROS.glob("*.sql"))]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    return environment, "".join(texts)


def render(sql):
    """The SQL of a text that calls the macros: render("{{ normal_cdf('z') }}")."""
    environment, texts = macros()
    return environment.from_string(texts + sql).render().strip()
