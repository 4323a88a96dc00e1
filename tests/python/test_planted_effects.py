"""What the generator planted is found, and what it did not plant is not."""

import duckdb
import pytest

from scripts.generate_exports import Options, generate
from scripts.land_exports import land
from scripts.synthetic.sales import DIVERGENCE
from tests.python.conftest import MODELS_ONLY
from tests.python.test_truths import PLANTED, REALISED

DIVERGENCE_POINTS = (
    "select step, state, odds_ratio_low, odds_ratio_high, q_value < 0.05 "
    "from marts.divergence_points where is_sample_sufficient order by p_value"
)
ARMS = ("first_message", "friendly", "control"), ("greeting_aa", "b", "a")


@pytest.mark.parametrize(("experiment", "variant", "control"), ARMS)
def test_results_are_the_counts_of_the_arms(
    sample_warehouse, experiment, variant, control
):
    truth = REALISED["funnel"][experiment]
    metrics = {
        "response_rate": ("responded", "started"),
        "qualification_rate": ("qualified", "responded"),
        "meetings_booked": ("booked", "started"),
        "conversion_rate": ("converted", "attended"),
    }
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        for metric, (numerator, denominator) in metrics.items():
            found = connection.execute(
                "select numerator, denominator, control_numerator, control_denominator "
                "from marts.experiment_results "
                "where experiment = ? and variant = ? and metric_name = ?",
                [experiment, variant, metric],
            ).fetchall()
            expected = [
                truth[arm][n]
                for arm in (variant, control)
                for n in (numerator, denominator)
            ]
            assert found == [tuple(expected)], metric
        units = connection.execute(
            "select variant, unit_count from marts.experiment_health "
            "where experiment = ?",
            [experiment],
        ).fetchall()
    assert dict(units) == {arm: truth[arm]["started"] for arm in (variant, control)}


def build(dbt, folder, *marts, jobs=1, **options):
    """A warehouse with these marts over exports generated for them."""
    options = Options(seed=3, clean=True, compress=False, **options)
    generate(options, folder / "exports", jobs)
    warehouse = folder / "w.duckdb"
    land(folder / "exports", warehouse)
    wanted = (f"+{mart}" for mart in marts)
    dbt(warehouse, "build", "--select", *wanted, *MODELS_ONLY)
    return warehouse


@pytest.fixture(scope="module")
def query(dbt, tmp_path_factory):
    """Runs SQL on a sample large enough for the planted effects to show."""
    marts = "segment_comparisons", "experiment_results", "metric_changes"
    folder = tmp_path_factory.mktemp("planted")
    warehouse = build(
        dbt, folder, *marts, "divergence_points", jobs=2, conversations=8000
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def assert_divergence_is_found(found):
    """It comes first, is beyond chance, and its interval holds the planted ratio."""
    step, state, low, high, is_significant = found[0]
    truth = PLANTED["divergence"]
    assert (step, state) == (truth["step"], f"customer: {truth['intent']}")
    assert is_significant and 1 < low < truth["odds_ratio"] < high


def test_the_planted_divergence_is_found_in_the_sample(sample_warehouse):
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        assert_divergence_is_found(connection.execute(DIVERGENCE_POINTS).fetchall())


@pytest.mark.slow
def test_the_planted_divergence_is_found_among_many(query):
    found = query(DIVERGENCE_POINTS)
    assert len(found) > 20
    assert_divergence_is_found(found)


@pytest.mark.slow
def test_without_a_divergence_none_is_found(dbt, tmp_path, monkeypatch):
    monkeypatch.setitem(DIVERGENCE, "booked", DIVERGENCE["not_booked"])
    warehouse = build(dbt, tmp_path, "divergence_points", conversations=4000)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(DIVERGENCE_POINTS).fetchall()
    assert len(found) > 10
    assert not [row for row in found if row[-1]]


@pytest.mark.slow
def test_the_planted_experiment_is_found(query):
    found = query(
        "select decision, anytime_lift_low, anytime_lift_high "
        "from marts.experiment_results "
        "where experiment = 'first_message' and metric_name = 'response_rate'"
    )
    [(decision, low, high)] = found
    rates = PLANTED["responded_given_started"]
    assert decision == "adopt"
    assert low < rates["friendly"] / rates["control"] - 1 < high


@pytest.mark.slow
def test_the_pair_without_effect_is_not(query):
    name = PLANTED["no_effect_experiment"]
    decisions = query(
        "select decision, bool_or(coalesce(is_significant, false)), count(*) "
        f"from marts.experiment_results where experiment = '{name}' group by decision"
    )
    assert sum(count for *_, count in decisions) > 30
    for decision, has_find, _ in decisions:
        assert (
            decision in ("keep running", "your choice", "no verdict") and not has_find
        )
    assert query("select * from marts.experiment_health where is_blocked") == []


@pytest.mark.slow
def test_the_planted_segment_is_found(query):
    [(segment, q_value)] = query(
        "select segment, q_value from marts.segment_comparisons "
        "where window_name = 'all' and metric_name = 'qualification_rate' "
        "and dimension = 'industry' and is_best"
    )
    assert [segment] == list(PLANTED["qualified_lift"])
    assert q_value < 1e-6


@pytest.mark.slow
def test_the_planted_incident_explains_the_month(query):
    """The bad day is one weekday of the four: it moved the sentiment of the month."""
    [(dimension, segment, is_significant)] = query(
        "select dimension, segment, is_significant from marts.metric_changes "
        "where comparison_name = 'month_over_month' "
        "and metric_name = 'sentiment_average' and contribution_rank = 1"
    )
    weekday = query(f"select isodow(date '{PLANTED['incident_date']}')")[0][0]
    assert (dimension, segment, is_significant) == ("day_of_week", str(weekday), True)
