"""The page in headless Chromium: what a person clicks, types and sees, at two widths."""

import browser
import paged_runs
import pytest

from parity import reports

SHOWN = """[...document.querySelectorAll('.cause:not([hidden])')]
  .filter(one => !one.closest('.of').hidden).map(one => one.dataset.cause)"""
STATUS = "document.getElementById('status').textContent"
CONTRASTS = """(() => {
  const canvas = document.createElement('canvas').getContext('2d');
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = rgba(color).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (rgba(color)[3] === 255) return color;
    }
    return 'white';
  };
  const found = {};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = node.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    found[`${ink} on ${behind(node)}`] = (a + 0.05) / (b + 0.05);
  }
  return found;
})()"""
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"


@pytest.fixture(scope="module")
def tab():
    """A tab, for all tests of this file."""
    with browser.opened() as opened:
        yield opened


@pytest.fixture
def page(tab, tmp_path):
    """A function that opens the page of a run, with a fragment, and returns the tab."""

    def show(run=paged_runs.red, fragment="", width=1280, scheme="light"):
        path = tmp_path / "page.html"
        reports.write("html", run(tmp_path), path)
        tab.sized(width, scheme)
        tab.open(path.as_uri() + fragment)
        tab.settle()
        return tab

    return show


def fragment(tab):
    """What follows the # of the address."""
    return tab.run("location.hash")


def complaints(tab):
    """What the console has to say, and everything that was asked of anybody but for the page."""
    logged = [entry["entry"]["text"] for entry in tab.told("Log.entryAdded")]
    thrown = tab.told("Runtime.exceptionThrown") + tab.told("Runtime.consoleAPICalled")
    asked = [sent["request"]["url"] for sent in tab.told("Network.requestWillBeSent")]
    return logged + thrown + asked[1:]


def test_a_click_on_a_cause_opens_it_and_the_address_follows(page):
    """And another click closes it."""
    tab = page()
    tab.click(".cause summary")

    assert tab.run("document.querySelector('.cause').open") is True
    assert tab.run("document.querySelector('.cause table').getClientRects().length") == 1
    assert fragment(tab) == "#open=" + tab.run("document.querySelector('.cause').id")
    tab.click(".cause summary")
    assert tab.run("document.querySelector('.cause').open") is False
    assert fragment(tab) == ""
    assert complaints(tab) == []


def test_a_click_on_a_tag_leaves_only_its_causes(page):
    """With the count of its cases, and the state in the address."""
    tab = page()
    tab.click(".map th a[data-tag='digits']")

    assert tab.run(SHOWN) == ["missing-ids", "not examined"]
    assert tab.run(STATUS) == (
        "Shown: 2 of 3 causes, 2 of 4 cases; expected or reported: 0 of 1 causes, 0 of 1 cases."
    )
    assert fragment(tab) == "#tag=digits"
    assert tab.run("document.activeElement.id") == "causes"
    assert tab.run("document.querySelector('#filter [name=tag]').value") == "digits"


def test_a_cell_filters_by_pair_check_and_tag(page):
    """The heat maps lead to the causes behind a number, and say which cell it was."""
    tab = page()
    tab.click("td a[data-tag='latin.marks']")

    assert tab.run(SHOWN) == ["normal-form"]
    assert fragment(tab) == "#pair=one&check=ids&tag=latin.marks"
    assert tab.run("document.querySelectorAll('[aria-current=true]').length") == 1
    assert "(2 with the tag)" in tab.run("document.querySelector('.cause .fits').textContent")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("#tag=digits&check=ids", ["missing-ids"]),
        ("#cause=normal-form", ["normal-form"]),
        ("#text=normal+FORM", ["normal-form"]),
        ("#pair=two", []),
        ("#tag=nobody+knows+it", []),
        ("#open=D-00000000&tag=%ff&x=y", []),
    ],
)
def test_a_link_shows_the_same_again(page, link, shown):
    """Whoever gets it sees what was seen; one that fits nothing says so."""
    tab = page(fragment=link)
    fits = [name for name in tab.run(SHOWN) if name != "case"]

    assert fits == shown
    assert (tab.run(STATUS) == "Nothing fits this filter.") == (not shown)
    assert complaints(tab) == []


def test_a_link_to_a_divergence_opens_it(page):
    """By its name alone."""
    name = page().run("document.querySelectorAll('.cause')[1].id")
    tab = page(fragment=f"#{name}")

    assert tab.run(f"document.getElementById('{name}').open") is True
    assert tab.run(f"document.getElementById('{name}').getBoundingClientRect().top") < 900


def test_the_way_back_is_the_browsers(page):
    """Each filter is a step in its history."""
    tab = page()
    tab.click(".map th a[data-tag='digits']")
    tab.run("new Promise(done => { addEventListener('popstate', done); history.back() })")
    tab.settle()

    assert fragment(tab) == ""
    assert len(tab.run(SHOWN)) == 4


def test_the_keyboard_alone_filters_opens_and_clears(page):
    """Every part is reached by Tab, is seen to have the focus, and does what it does."""
    tab = page()
    tab.run("document.querySelector('#filter [name=tag]').focus()")
    tab.press("End")
    assert tab.run("document.querySelector('#filter [name=tag]').value") == "quiet"
    tab.press("Tab")
    assert tab.run("document.activeElement.name") == "text"
    tab.type("no such words")
    assert tab.run(STATUS) == "Nothing fits this filter."
    tab.press("Tab")
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.press("Enter")
    assert fragment(tab) == ""
    tab.press("Tab", "Tab")
    assert tab.run("document.activeElement.tagName") == "SUMMARY"
    tab.press("Enter")
    assert tab.run("document.querySelector('.cause').open") is True
    assert complaints(tab) == []


def test_copying_says_what_became_of_it(page):
    """Copied, or selected where the browser does not let it."""
    tab = page()
    tab.click(".cause summary")
    tab.click(".copy")
    tab.run("new Promise(done => setTimeout(done, 0))")

    assert tab.run("document.querySelector('.copy').textContent") in ("copied", "selected")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("run", [paged_runs.red, paged_runs.green, paged_runs.hostile])
def test_every_text_stands_out_from_what_is_behind_it(page, run, scheme):
    """By 4.5 to 1, as WCAG asks."""
    tab = page(run, scheme=scheme)
    tab.run(UNFOLD)
    tab.settle()
    found = tab.run(CONTRASTS)

    assert len(found) > 3
    assert {colors: ratio for colors, ratio in found.items() if ratio < 4.5} == {}


def test_the_schemes_differ(page):
    """Dark is dark."""
    colors = [
        page(scheme=scheme).run("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]

    assert colors == ["rgb(255, 255, 255)", "rgb(22, 24, 27)"]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("run", [paged_runs.red, paged_runs.green, paged_runs.hostile])
def test_nothing_is_wider_than_the_window(page, run, width):
    """Tables scroll in their own boxes, with everything open."""
    tab = page(run, width=width)
    tab.run(UNFOLD)
    tab.settle()

    assert tab.run("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_in_a_hostile_run_runs_or_loads(page):
    """Nor would it, had it got past the escaping: the policy stands behind it."""
    tab = page(paged_runs.hostile)
    assert complaints(tab) == []
    assert len(tab.run(SHOWN)) > 4
    refused = tab.run("""new Promise((done) => {
      const found = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        found.push(event.effectiveDirective);
        if (found.length === 3) done(found.sort());
      });
      document.body.insertAdjacentHTML('beforeend', '<img src="x.png"><p onclick="hit = 1">');
      document.querySelector('p[onclick]').click();
      fetch('http://127.0.0.1:9/').catch(() => {});
    })""")

    assert refused == ["connect-src", "img-src", "script-src-attr"]
    assert tab.run("typeof hit") == "undefined"


def test_without_javascript_everything_is_there_but_the_filter(tab, page):
    """A cause opens, a cell leads to its cause."""
    tab.scripts(on=False)
    try:
        page()
        assert tab.run("document.getElementById('filter').hidden") is True
        tab.click("td a[data-check='ids']")
        assert fragment(tab) == "#" + tab.run("document.querySelector('.cause').id")
        tab.click(".cause summary")
        assert tab.run("document.querySelector('.cause table').getClientRects().length") == 1
    finally:
        tab.scripts(on=True)


def test_a_page_prints_its_causes_open(page):
    """Paper has nothing to click."""
    tab = page()
    printed = tab.call("Page.printToPDF")["data"]
    tab.call("Emulation.setEmulatedMedia", media="print")
    tab.settle()

    assert printed
    assert tab.run("document.querySelector('.cause h5').checkVisibility()") is True
    tab.call("Emulation.setEmulatedMedia", media="")


def test_thousands_of_causes_are_filtered_as_one_types(page):
    """All of them are there, and counted."""
    tab = page(lambda folder: paged_runs.large(folder, 2000))
    tab.run("document.querySelector('#filter [name=text]').focus()")
    tab.type("missing-ids")

    assert tab.run(STATUS) == "Shown: 3 of 1,003 causes, 1,000 of 2,000 cases."
    assert complaints(tab) == []


def test_a_missing_browser_fails_where_ci_is_set_and_skips_elsewhere(monkeypatch):
    """A page that nobody looked at is not a page that works."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        browser.found()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        browser.found()
