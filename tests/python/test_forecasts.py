"""The forecasts of daily metrics on series whose future is known."""

from datetime import timedelta

import duckdb
import numpy as np
import pytest

from benchmarks.forecasts import SERIES, forecasts, simulate

WEEK = [20, 22, 22, 21, 19, 9, 8]


def daily(days, seed=1):
    rng = np.random.default_rng(seed)
    return [float(rng.poisson(WEEK[day % 7])) for day in range(days)]


def test_too_little_history_gives_no_row():
    history = daily(60)
    few = [value if day % 3 else None for day, value in enumerate(history)]
    assert forecasts.forecast([], True) == []
    assert forecasts.forecast(history[:41], True) == []
    assert forecasts.forecast(few, False) == []
    assert forecasts.forecast([0.0] * 100, True) == []
    assert forecasts.forecast([0.7] * 100, False) == []
    assert len(forecasts.forecast(history[:49], True)) == 14


def test_a_day_without_a_row_is_zero_of_a_total_and_nothing_of_a_ratio():
    history = daily(100)
    gaps = [None if day % 7 == 6 else value for day, value in enumerate(history)]
    sundays = [row for row in range(14) if (100 + row) % 7 == 6]
    as_total = forecasts.forecast(gaps, True, 0)
    as_ratio = forecasts.forecast(gaps, False)
    assert max(as_total[row]["forecast"] for row in sundays) < 1
    assert as_total[0]["backtest_forecasts"] == 14 * 14
    assert as_ratio[0]["backtest_forecasts"] == 14 * 12
    filled = [0.0 if value is None else value for value in gaps]
    assert as_total == forecasts.forecast(filled, True, 0)


def test_the_forecast_stays_in_its_range_and_comes_out_the_same():
    rng = np.random.default_rng(2)
    history = [float(x) for x in np.clip(rng.normal(0.95, 0.1, 80), 0, 1)]
    found = forecasts.forecast(history, False, 0, 1)
    assert found == forecasts.forecast(history, False, 0, 1)
    for row in found:
        assert 0 <= row["forecast_low"] <= row["forecast"] <= row["forecast_high"] <= 1
    assert max(row["forecast_high"] for row in found) == 1


def test_seasonal_naive_is_the_last_known_value_of_the_weekday():
    values = np.array([*range(12), np.nan, 13.0])  # day 12 is not known, day 5 is
    expected = [7, 8, 9, 10, 11, 5, 13]
    assert list(forecasts.seasonal_naive(values)) == expected * 2
    assert np.isnan(forecasts.seasonal_naive(np.array([1.0]))[1])


def test_the_backtest_does_not_know_what_it_foretells():
    """Later days change neither earlier forecasts nor how wide they were."""
    values = np.array(daily(90))
    origins = range(40, 77, 3)
    changed = values.copy()
    changed[60:] *= 5
    (_, before), (_, after) = (
        forecasts.look_back(some, np.sqrt(some), origins, np.square)
        for some in (values, changed)
    )
    earlier = [
        origin + ahead < 60 for origin in origins for ahead in range(forecasts.HORIZON)
    ]
    before, after = np.array(before), np.array(after)
    assert np.array_equal(before[earlier], after[earlier])
    assert not before[earlier, 2].all()  # some are outside, as a wider one would tell
    assert not np.array_equal(before, after)


def test_the_interval_is_widened_until_the_errors_fit():
    scores = [*range(1, 19), np.nan]
    assert forecasts.widening(scores) == 18  # the 18th of 18: ceil(0.9 * 19)
    assert forecasts.widening([*scores, 19]) == 18  # of 19
    assert forecasts.widening([0.1] * 30) == forecasts.widening([]) == forecasts.NORMAL


@pytest.mark.parametrize("name", ["growth of 1 % a day", "share of few conversations"])
def test_intervals_hold_what_comes(name):
    """90 % are promised; of 12 series, 168 days, 85 % must be inside."""
    rng = np.random.default_rng(3)
    results = [simulate(SERIES[name], 90, rng) for _ in range(12)]
    assert np.mean([result["inside"] for result in results]) >= 0.85
    assert np.mean([r["error"] for r in results]) < np.mean(
        [r["naive_error"] for r in results]
    )


def test_the_sample_is_forecast_from_the_day_of_as_of(sample_warehouse):
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        [(as_of,)] = connection.execute(
            "select cast(as_of as date) from intermediate.as_of"
        ).fetchall()
        found = connection.execute(
            "select metric_name, forecast_date, days_ahead, history_days "
            "from marts.metric_forecasts"
        ).fetchall()
    names = {row[0] for row in found}
    assert {"conversations_started", "response_rate", "total_cost"} <= names
    assert len(found) == 14 * len(names)
    for _, day, ahead, history_days in found:
        assert day == as_of + timedelta(days=ahead - 1)
        assert history_days == 59
