"""Grain: one row per metric and day ahead.

A forecast is a structural time series (statsmodels): a level that drifts, a slope, and
the days of the week. Its interval is the model's own, widened where that would not have
held 90 % of the errors of its backtest. The backtest goes back in time: parameters from
the days before all of it, forecasts from ever later days, each interval widened only by
the errors known on its day. So the coverage published is that of true forecasts.
"""

import math
import os
import warnings
from datetime import timedelta

import numpy as np
import pyarrow as pa

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # small matrices: threads would only wait

from statsmodels.tsa.statespace.structural import UnobservedComponents

HORIZON, SEASON = 14, 7
HISTORY = 26 * SEASON  # days that are looked at
TRAINING = 28  # days before the backtest begins, at least
ORIGINS, STRIDE = 14, 3  # of the backtest: at most so many, so many days apart
KNOWN = 42  # days with a value, at least: with fewer there is no forecast
LEVEL, NORMAL = 0.90, 1.6448536269514722

KEYS = {"metric_name": pa.string(), "forecast_date": pa.date32()}
COUNTS = ("days_ahead", "history_days", "backtest_forecasts")
AMOUNTS = ("forecast", "forecast_low", "forecast_high", "backtest_mae")
AMOUNTS += ("backtest_mae_seasonal_naive", "backtest_coverage")


def model(dbt, session):
    dbt.config(materialized="table")
    listed = dbt.ref("int_metrics_listed_by_day").order("metric_name, metric_date")
    series = {}
    for name, is_total, lowest, highest, today, day, value in listed.fetchall():
        series.setdefault((name, today, is_total, lowest, highest), {})[day] = value
    found = []
    for (name, today, *kind), values in series.items():
        days = range((today - min(values)).days, 0, -1)
        for row in forecast([values.get(today - timedelta(n)) for n in days], *kind):
            day = today + timedelta(days=row["days_ahead"] - 1)
            found.append({"metric_name": name, "forecast_date": day, **row})
    types = KEYS | dict.fromkeys(COUNTS, pa.int64())
    types |= dict.fromkeys(AMOUNTS, pa.float64())
    return pa.Table.from_pylist(found, schema=pa.schema(types))


def forecast(history, is_total, lowest=None, highest=None):
    """The days after `history` (a value a day, None where there is none), as rows."""
    values = np.array(history[-HISTORY:], dtype=float)
    if is_total:  # a day without a conversation is a day with none
        values = np.nan_to_num(values)
    there, back = scales(values, is_total, lowest, highest)
    last = len(values) - HORIZON
    origins = range(last, max(TRAINING - 1, last - ORIGINS * STRIDE), -STRIDE)[::-1]
    before = values[: min(origins, default=0)]
    is_flat = len(np.unique(before[np.isfinite(before)])) < 2
    if is_flat or np.isfinite(values).sum() < KNOWN:
        return []
    scaled = there(values)
    scores, compared = look_back(values, scaled, origins, back)
    ((middle, spread),) = ahead(fit(scaled), scaled, [len(scaled)])
    width = widening(scores) * spread
    bounds = np.column_stack([back(middle + side * width) for side in (0, -1, 1)])
    rows = []
    for number, amounts in enumerate(bounds if compared else [], start=1):
        amounts = map(rounded, [*amounts, *np.mean(compared, axis=0)])
        counts = number, len(values), len(compared)
        rows.append(dict(zip(COUNTS + AMOUNTS, [*counts, *amounts], strict=True)))
    return rows


def look_back(values, scaled, origins, back):
    """Forecasts of past days: errors in standard deviations; how each compares."""
    forecasts = ahead(fit(scaled[: origins[0]]), scaled, origins)
    scores, compared = [], []
    for origin, (middle, spread) in zip(origins, forecasts, strict=True):
        width = widening([score for day, score in scores if day < origin]) * spread
        days = slice(origin, origin + HORIZON)
        scores.extend(enumerate(np.abs(scaled[days] - middle) / spread, start=origin))
        actual, naive = values[days], seasonal_naive(values[:origin])
        low, high = back(middle - width), back(middle + width)
        is_inside = (low <= actual) & (actual <= high)
        errors = np.abs(back(middle) - actual), np.abs(naive - actual)
        compared.extend(np.column_stack([*errors, is_inside])[np.isfinite(errors[1])])
    return [score for _, score in scores], compared


def scales(values, is_total, lowest, highest):
    """To the scale on which steps are even (totals grow by shares), and back."""
    there, back = np.array, np.array
    if is_total and values.min(initial=np.inf) > 0:
        there, back = np.log, np.exp
    elif is_total and values.min(initial=np.inf) == 0:
        there, back = np.sqrt, lambda at: np.square(np.maximum(at, 0))
    return there, lambda at: np.clip(back(at), lowest, highest)


def structure(scaled):
    return UnobservedComponents(
        scaled, level="lldtrend", seasonal=SEASON, stochastic_seasonal=False
    )


def fit(scaled):
    """Variances of noise and drift, found on a scale where all series are alike."""
    spread = np.nanstd(scaled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # flat likelihoods: near enough is good enough
        return structure(scaled / spread).fit(disp=0, return_params=True) * spread**2


def ahead(variances, scaled, origins):
    """(mean, standard deviation) of the days after each origin; one pass knows all."""
    at = structure(scaled).filter(variances, cov_type="none").filter_results
    design, step, pick = at.design[0, :, 0], at.transition[..., 0], at.selection[..., 0]
    drift = pick @ at.state_cov[..., 0] @ pick.T
    state, error = at.predicted_state[:, origins], at.predicted_state_cov.T[origins]
    middle, variance = [], []
    for _ in range(HORIZON):
        middle.append(design @ state)
        variance.append(design @ error @ design + at.obs_cov[0, 0, 0])
        state, error = step @ state, step @ error @ step.T + drift
    return zip(np.transpose(middle), np.sqrt(variance).T.clip(1e-9), strict=True)


def widening(scores):
    """Standard deviations to either side; never fewer than the model itself says."""
    known = np.sort([score for score in scores if math.isfinite(score)])
    rank = min(len(known), math.ceil((len(known) + 1) * LEVEL))
    return max(NORMAL, known[rank - 1]) if rank else NORMAL


def seasonal_naive(values):
    """For each day ahead the last known value of its weekday."""
    filled = []
    for day in range(len(values), len(values) + HORIZON):
        same = values[day % SEASON :: SEASON]
        same = same[np.isfinite(same)]
        filled.append(same[-1] if len(same) else np.nan)
    return np.array(filled)


def rounded(number):
    """Nine digits: the last bits of an optimum are noise."""
    return float(f"{number:.9g}")
