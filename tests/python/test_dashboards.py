"""The dashboards of the sample, in a real browser.

SCREENSHOTS_DIR keeps what every page looks like; CI does.
"""

import os
import shutil
from functools import cache
from pathlib import Path

import duckdb
import pytest
import yaml

from scripts.dashboards.pages import PAGES
from scripts.dashboards.site import embedded, write_site
from scripts.publish import publish

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FILES = [page.file for page in PAGES]
# Ends a script, an attribute and a string; turns the direction of text.
NASTY = (
    "</script><script>window.hacked=1</script>\"'<img src=x onerror=hacked=1>\u202e&"
)
LONG_ERROR = "/a/long/path" * 12 + " and what happened, in words." * 12
# The text, value and query of every number shown, by pressing each.
NUMBERS = """() => [...document.querySelectorAll("[data-column]")].map((button) => {
    button.click();
    const query = document.querySelector("#trace pre").textContent;
    document.querySelector("#trace").close();
    const { column, value } = button.dataset;
    return [button.textContent, column, value, query];
})"""


@pytest.fixture(scope="session")
def published(sample_warehouse, tmp_path_factory):
    """The sample published with texts, one of them nasty, and its pages."""
    folder = tmp_path_factory.mktemp("dashboards")
    warehouse = folder / "w.duckdb"
    shutil.copy(sample_warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update marts.incident_reasons set reason = reason || ? "
            "where kind = 'fallback' and reason = 'low_confidence'",
            [NASTY],
        )
        connection.execute(
            "update marts.conversation_samples set first_message = ?", [NASTY]
        )
        connection.executemany(
            "insert into operations.refresh_runs (run_id, step, status, started_at,"
            " error) values ('r', ?, ?, '2026-11-01', ?)",
            [("build", "failed", LONG_ERROR), ("publish", "running", None)],
        )
    publish(warehouse, folder, with_content=True)
    write_site(folder / "marts.duckdb", folder / "site")
    return folder


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium: the pages are not opened")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield made
        made.close()


@pytest.fixture
def open_page(browser, published):
    """Opens a page, and fails where it complains or asks for anything."""
    contexts, trouble = [], []

    def opened(file, site=published / "site", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "console",
            lambda message: message.type == "error" and trouble.append(message.text),
        )
        address = (site / file).as_uri()
        page.on(
            "request",
            lambda request: request.url != address and trouble.append(request.url),
        )
        page.goto(address)
        page.wait_for_selector("body[data-drawn]", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not trouble


@cache
def rows(published, query):
    cursor = connection_to(published / "marts.duckdb").execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def connection_to(marts):
    return duckdb.connect(str(marts), read_only=True)


def assert_traced(published, page):
    """Every number is what the query beside it gives; how many there are."""
    numbers = page.evaluate(NUMBERS)
    for shown, column, value, query in numbers:
        found = rows(published, query)
        # A figure's query also gives the period before.
        assert len(found) == 1 or found[0]["period"] == "current", query
        expected = found[0][column] if found else None
        if expected is None:
            assert value == "", (shown, query)
        else:
            assert float(value) == pytest.approx(float(expected), rel=1e-9), query
    return len(numbers)


@pytest.mark.parametrize("file", FILES)
def test_every_number_is_what_its_query_gives(published, open_page, file):
    assert assert_traced(published, open_page(file)) > 20


def test_filters_change_the_numbers(published, open_page):
    page = open_page("index.html")
    figures = page.locator("#figures .number")
    before = figures.all_inner_texts()
    page.select_option("#segment", '["channel","email"]')
    by_segment = figures.all_inner_texts()
    assert "email" in page.inner_text("#status")
    assert "email" in page.inner_text("#figures .scope")
    page.select_option("#period", "all")
    assert (
        len({tuple(before), tuple(by_segment), tuple(figures.all_inner_texts())}) == 3
    )
    assert assert_traced(published, page) > 20
    (started,) = rows(
        published,
        "select value from metrics_by_window where window_name = 'all' "
        "and period = 'current' and metric_name = 'conversations_started' "
        "and dimension = 'channel' and segment = 'email'",
    )
    assert figures.first.inner_text() == f"{started['value']:,.0f}"


def test_a_number_says_what_it_is_made_of(open_page):
    page = open_page("index.html")
    page.get_by_role("button", name="Resolution rate").press("Enter")
    dialog = page.get_by_role("dialog")
    for part in ("Definition", "Numerator", "Denominator", "Sample", "95 % interval"):
        assert part in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_too_few_conversations_are_said_in_words(published, open_page):
    page = open_page("index.html")
    page.select_option("#period", "last_7_days")
    page.select_option("#segment", '["channel","email"]')
    (sample,) = rows(
        published,
        "select sample_size from metrics_by_window where metric_name = 'csat_average' "
        "and window_name = 'last_7_days' and period = 'current' "
        "and dimension = 'channel' and segment = 'email'",
    )
    assert 0 < sample["sample_size"] < 30
    card = page.get_by_role("button", name="Customer satisfaction").inner_text()
    assert "too few to judge" in card and "chance" not in card


def test_what_people_wrote_is_shown_as_text(open_page):
    for file, block in (
        ("operations.html", "fallback_reasons"),
        ("review.html", "samples"),
    ):
        page = open_page(file)
        assert page.evaluate("window.hacked") is None
        assert page.locator("main img").count() == 0
        # Underscores of a code are shown as spaces.
        assert "<img src=x onerror=hacked=1>" in page.inner_text(f"#{block}")


def test_nothing_in_the_data_can_end_its_script():
    assert not set("<>&\u2028\u2029") & set(embedded([NASTY, "\u2028\u2029"]))


def test_without_texts_the_page_says_so(sample_warehouse, tmp_path, open_page):
    publish(sample_warehouse, tmp_path)
    site = write_site(tmp_path / "marts.duckdb", tmp_path / "site")
    page = open_page("operations.html", site)
    assert "timeout" in page.inner_text("#error_reasons")
    page = open_page("review.html", site)
    assert "Not published" in page.inner_text("#samples")
    assert "img src" not in page.inner_text("#samples")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(open_page, tmp_path, file, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(file, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("(element) => { element.open = true; }")
    found = Axe().run(page).response["violations"]
    assert not [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found]
    folder = Path(os.environ.get("SCREENSHOTS_DIR", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{Path(file).stem}_{scheme}.png", full_page=True)


@pytest.mark.parametrize("file", FILES)
def test_fits_a_phone(open_page, file):
    page = open_page(file, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_refreshes_show_steps_that_are_over_and_all_of_an_error(open_page):
    page = open_page("data.html", viewport={"width": 1400, "height": 900})
    table = page.locator("#runs tbody")
    assert LONG_ERROR in table.inner_text()
    assert "running" not in table.inner_text()
    fits = "box => box.scrollWidth <= box.clientWidth"
    assert page.locator("#runs .scroll").evaluate(fits)
    assert table.locator("tr").first.bounding_box()["height"] < 250


def test_a_page_is_small(published):
    for page in (published / "site").iterdir():
        assert page.stat().st_size < 3_000_000


def test_exposures_are_what_the_pages_read():
    text = (PROJECT / "models" / "marts" / "_exposures.yml").read_text()
    declared = {
        exposure["name"]: set(exposure["depends_on"])
        for exposure in yaml.safe_load(text)["exposures"]
    }
    assert declared == {
        page.exposure: {f'ref("{mart}")' for mart in page.marts} for page in PAGES
    }
