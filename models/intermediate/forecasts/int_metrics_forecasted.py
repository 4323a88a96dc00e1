"""Grain: one row per metric and day ahead.

A forecast is a structural time series (statsmodels): a level that drifts, a slope, and
the days of the week. Its interval is the model's own, widened where that would not have
held 90 % of the errors of its backtest. The backtest goes back in time: parameters from
the days before all of it, forecasts from ever later days, each interval widened only by
the errors that were known on its day. So the coverage published is that of forecasts
which had not seen what they were to foretell.
"""

import math
import warnings
from datetime import timedelta

import numpy as np
import pyarrow as pa
from statsmodels.tsa.statespace.structural import UnobservedComponents

HORIZON, SEASON = 14, 7
HISTORY = 26 * 7  # days that are looked at
TRAINING = 28  # days before the first origin of the backtest, at least
ORIGINS, STRIDE = 14, 3  # of the backtest: at most so many, so many days apart
KNOWN = 42  # days with a value, at least: with fewer there is no forecast
LEVEL, NORMAL = 0.90, 1.6448536269514722

SCHEMA = pa.schema(
    {
        "metric_name": pa.string(),
        "forecast_date": pa.date32(),
        "days_ahead": pa.int64(),
        "forecast": pa.float64(),
        "forecast_low": pa.float64(),
        "forecast_high": pa.float64(),
        "history_days": pa.int64(),
        "backtest_forecasts": pa.int64(),
        "backtest_coverage": pa.float64(),
        "backtest_mae": pa.float64(),
        "backtest_mae_seasonal_naive": pa.float64(),
    }
)


def model(dbt, session):
    dbt.config(materialized="table")
    rows = dbt.ref("int_metrics_listed_by_day").order("metric_name, metric_date")
    (last_day,) = dbt.ref("as_of").project("cast(as_of as date)").fetchone()
    series = {}
    for name, is_total, lowest, highest, day, value in rows.fetchall():
        series.setdefault((name, is_total, lowest, highest), {})[day] = value
    found = []
    for (name, *traits), values in series.items():
        # The day of as_of is not over.
        days = (last_day - min(values)).days
        history = [
            values.get(last_day - timedelta(days=ago)) for ago in range(days, 0, -1)
        ]
        for ahead, numbers in enumerate(forecast(history, *traits)):
            day = last_day + timedelta(days=ahead)
            found.append({"metric_name": name, "forecast_date": day, **numbers})
    return pa.Table.from_pylist(found, schema=SCHEMA)


def forecast(history, is_total, lowest=None, highest=None):
    """The days after `history` (a value a day, None where there is none), as rows."""
    values = np.array(history[-HISTORY:], dtype=float)
    if is_total:  # a day without a conversation is a day with none
        values = np.nan_to_num(values)
    there, back = scale(values, is_total)
    scaled = there(values)
    first = max(TRAINING, len(values) - HORIZON - (ORIGINS - 1) * STRIDE)
    first += (len(values) - HORIZON - first) % STRIDE
    origins = range(first, len(values) - HORIZON + 1, STRIDE)
    if np.isfinite(values).sum() < KNOWN or not origins or constant(scaled[:first]):
        return []

    def inside(at):
        low = -np.inf if lowest is None else lowest
        return np.clip(back(at), low, np.inf if highest is None else highest)

    past = fit(scaled[:first])
    errors, scores, naive_errors, is_inside = [], [], [], []
    for origin in origins:
        middle, spread = ahead(past, scaled[:origin])
        past_scores = [
            s for at, some in scores for d, s in enumerate(some) if at + d < origin
        ]
        width = widening(past_scores) * spread
        low, high = inside(middle - width), inside(middle + width)
        actual = values[origin : origin + HORIZON]
        naive = seasonal_naive(values[:origin])
        scores.append((origin, np.abs(there(actual) - middle) / spread))
        known = np.isfinite(actual) & np.isfinite(naive)
        errors.extend(np.abs(inside(middle) - actual)[known])
        naive_errors.extend(np.abs(naive - actual)[known])
        is_inside.extend(((low <= actual) & (actual <= high))[known])
    middle, spread = ahead(fit(scaled), scaled)
    width = widening([s for _, some in scores for s in some]) * spread
    backtest = {
        "history_days": len(values),
        "backtest_forecasts": len(errors),
        "backtest_coverage": rounded(np.mean(is_inside)),
        "backtest_mae": rounded(np.mean(errors)),
        "backtest_mae_seasonal_naive": rounded(np.mean(naive_errors)),
    }
    columns = zip(
        inside(middle), inside(middle - width), inside(middle + width), strict=True
    )
    return [
        {
            "days_ahead": number,
            "forecast": rounded(at),
            "forecast_low": rounded(low),
            "forecast_high": rounded(high),
            **backtest,
        }
        for number, (at, low, high) in enumerate(columns, start=1)
    ]


def scale(values, is_total):
    """To the scale on which steps are even, and back: totals grow by shares."""
    if is_total and values.min(initial=np.inf) > 0:
        return np.log, np.exp
    if is_total and values.min(initial=np.inf) == 0:
        return np.sqrt, lambda at: np.square(np.maximum(at, 0))
    return np.array, np.array


def structure(scaled):
    return UnobservedComponents(
        scaled, level="lldtrend", seasonal=SEASON, stochastic_seasonal=False
    )


def constant(scaled):
    known = scaled[np.isfinite(scaled)]
    return len(known) == 0 or known.min() == known.max()


def fit(scaled):
    """Variances of noise and drift, on a scale where all series are alike."""
    spread = np.nanstd(scaled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # flat likelihoods: near enough is good enough
        found = structure(scaled / spread).fit(disp=0)
    return found.params * spread**2


def ahead(variances, scaled):
    """Mean and standard deviation of the days after."""
    found = structure(scaled).smooth(variances).get_forecast(HORIZON)
    return found.predicted_mean, np.maximum(found.se_mean, 1e-9)


def widening(scores):
    """Standard deviations to either side; never fewer than the model itself says."""
    known = sorted(score for score in scores if math.isfinite(score))
    if not known:
        return NORMAL
    rank = min(len(known), math.ceil((len(known) + 1) * LEVEL))
    return max(NORMAL, known[rank - 1])


def seasonal_naive(values):
    """The last known value of the same weekday."""
    filled = []
    for ahead_by in range(HORIZON):
        same = values[(len(values) + ahead_by) % SEASON :: SEASON]
        same = same[np.isfinite(same)]
        filled.append(same[-1] if len(same) else np.nan)
    return np.array(filled)


def rounded(number):
    """Nine digits: the last bits of an optimum are noise."""
    return float(f"{number:.9g}")
