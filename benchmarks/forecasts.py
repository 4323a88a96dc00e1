"""How well the forecasts of daily metrics keep their promise, on series made up here.

`python -m benchmarks.forecasts` writes the table of docs/statistics_forecasts.md: a
minute or two on one core. Seeded: the same machine writes the same table.
"""

import importlib.util
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "statistics_forecasts.md"
MODEL = PROJECT / "models/intermediate/forecasts/int_metrics_forecasted.py"
WEEK = np.array([1.1, 1.2, 1.2, 1.15, 1.05, 0.7, 0.6])
RUNS, HISTORIES = 20, (60, 180)


def load():
    """The functions of the dbt model: it lies in no package."""
    spec = importlib.util.spec_from_file_location(MODEL.stem, MODEL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


forecasts = load()


def counts(level):
    """Poisson counts around a level with a week in it; `level(days, rng)`."""

    def draw(days, rng):
        return rng.poisson(level(days, rng) * WEEK[days % 7]).astype(float)

    return draw, True, None


def share(days, rng):
    trials = np.maximum(1, rng.poisson(20 * WEEK[days % 7]))
    return rng.binomial(trials, 0.6) / trials


def stepped(days, rng):
    """A level that goes up by half a month before the end."""
    return np.where(days < len(days) - 44, 100, 150)


SERIES = {  # name: (values by day, is it a total, highest value)
    "counts around 100": counts(lambda days, rng: 100),
    "growth of 1 % a day": counts(lambda days, rng: 100 * 1.01**days),
    "decline of 1 % a day": counts(lambda days, rng: 300 * 0.99**days),
    "counts around 2": counts(lambda days, rng: 2),
    "level that wanders by 3 % a day": counts(
        lambda days, rng: 200 * np.exp(np.cumsum(rng.normal(0, 0.03, len(days))))
    ),
    "level that jumps by half a month ago": counts(stepped),
    "share of few conversations": (share, False, 1),
    "amounts with a spread of 30 %": (
        lambda days, rng: 500 * WEEK[days % 7] * np.exp(rng.normal(0, 0.3, len(days))),
        True,
        None,
    ),
}


def simulate(series, history, rng):
    """One series, forecast where it stops, and what came after."""
    draw, is_total, highest = series
    values = draw(np.arange(history + forecasts.HORIZON), rng)
    known, future = values[:history], values[history:]
    rows = forecasts.forecast(list(known), is_total, 0, highest)
    at, low, high = (
        np.array([row[name] for row in rows])
        for name in ("forecast", "forecast_low", "forecast_high")
    )
    return {
        "inside": np.mean((low <= future) & (future <= high)),
        "told": rows[0]["backtest_coverage"],
        "error": np.mean(np.abs(at - future)),
        "naive_error": np.mean(np.abs(forecasts.seasonal_naive(known) - future)),
        "width": np.mean(high - low) / np.mean(future),
    }


def table():
    lines = [
        "| series | days of history | inside the 90 % interval "
        "| backtest_coverage told | error / seasonal naive | width / mean |",
        "|---|---|---|---|---|---|",
    ]
    for name, series in SERIES.items():
        for history in HISTORIES:
            rng = np.random.default_rng(1)
            runs = [simulate(series, history, rng) for _ in range(RUNS)]
            mean = {key: np.mean([run[key] for run in runs]) for key in runs[0]}
            lines.append(
                f"| {name} | {history} | {mean['inside']:.1%} | {mean['told']:.1%} "
                f"| {mean['error'] / mean['naive_error']:.2f} | {mean['width']:.2f} |"
            )
    return lines


def main():
    head, marker, _ = PAGE.read_text().partition("<!-- table -->\n")
    PAGE.write_text(head + marker + "\n" + "\n".join(table()) + "\n")


if __name__ == "__main__":
    main()
