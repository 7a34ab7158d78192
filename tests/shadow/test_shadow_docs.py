"""The page of the shadow names what there is, and nothing that is not."""

import re
from pathlib import Path

import click
import pytest

from parity.cli_shadow import shadow
from parity.shadow import surfaces
from parity.shadow.metrics import TABLE
from parity.shadow.object_surfaces import OBJECTS
from parity.shadow.proxy.dialects import SURFACES as ROUTES
from parity.shadow.records import FATES
from parity.shadow.settings import VARIABLES, Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "shadow.md").read_text(encoding="utf-8")
LINES = ("header", "heartbeat", "divergence", "lost", "footer")
METRICS = [metric.name for metric in (TABLE.values() if isinstance(TABLE, dict) else TABLE)]
COMMANDS = shadow.commands
OPTIONS = {
    f"{name} {option}": option
    for name, command in COMMANDS.items()
    for parameter in command.params
    if isinstance(parameter, click.Option)
    for option in parameter.opts
    if option.startswith("--") and option != "--help"
}


def section(title):
    """The part of the page under a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title):
    """The names in the first column of all tables of a section."""
    cells = re.findall(r"^\| (`[^|]*) \|", section(title), re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_each_setting_is_in_the_table_and_each_in_the_table_is_one():
    """Settings and variables, in no order."""
    assert sorted(rows("Settings")) == sorted([*Settings._fields, *VARIABLES])


@pytest.mark.parametrize(("name", "field"), [(one, to[0]) for one, to in VARIABLES.items()])
def test_each_variable_stands_beside_its_setting(name, field):
    """What a variable sets is said in its row."""
    assert re.search(rf"^\| `{name}` \| `{field}`", PAGE, re.MULTILINE)


def test_the_surfaces_are_those_that_are_compared():
    """Of backends in the first column, of objects in the second."""
    named = set(re.findall(r"`([^`]+)`", section("What is compared")))

    assert set(surfaces.SURFACES) <= set(rows("What is compared"))
    assert {name for methods in OBJECTS.values() for name in methods} <= named


def test_the_proxy_has_the_surfaces_that_the_page_names():
    """Whatever a path is, its surface is explained."""
    found = {name for name in rows("Proxy") if not name.startswith("--")}

    assert found == set(ROUTES)


def test_each_command_is_told_of():
    """The title of the part, or an example."""
    assert [name for name in COMMANDS if f"tokparity shadow {name}" not in PAGE] == []


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_each_option_is_told_of(option):
    """As it is typed."""
    assert re.search(rf"{option}(?![a-z-])", PAGE)


def test_no_option_is_made_up():
    """Those in the examples, too; pip's are none."""
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE))

    assert named <= set(OPTIONS.values())


def test_the_metrics_are_those_that_are_exported():
    """By their own names, in the order of the table."""
    assert rows("Metrics") == METRICS


def test_each_line_of_the_log_and_each_count_is_explained():
    """A reader of a log finds every word of it."""
    counts = set(rows("What a count means"))

    assert set(rows("The log")) == set(LINES)
    assert {*FATES, "calls", "passed", "pending"} == counts
