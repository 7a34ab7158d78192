"""What to compare: `[tool.parity]` in pyproject.toml, flags, or the built-in plan.

    [tool.parity]
    golden = "golden"                    # where goldens and the ledger live
    corpora = ["all", "!bytes", "my/*.jsonl"]  # shipped names, paths, globs; ! leaves out
    network = false                      # true: a hub: target that is not cached may be fetched
    moving = false                       # true: hub:ORG/NAME@ may name a branch or tag
    models = {"mine*" = "models/mine"}   # targets of model:NAME before ours, or a file of them

    [[tool.parity.pairs]]
    name = "qwen-upgrade"
    reference = "hf:models/qwen"
    candidate = "py:mypackage:make"
    checks = ["ids", "offsets"]          # "all" if not said; a check that is named must compare;
                                         # "concurrency": laws that cost too much for "all"
    corpora = ["cjk"]                    # the plan's if not said
    specials = "parse"                   # parse, plain or template, for cases that do not say
    select = "tag:cjk.*"
    golden = ["ids", "text"]             # checks whose goldens are kept, of the reference
    self_check = false                   # true: both sides are meant to be the same thing

    [tool.parity.presets.mine]           # a kind of backend of your own: see backends/_presets
    like = "hf_shaped"
    options = { load = "mypackage:Tokenizer.from_file" }

Paths are as seen from the folder that tokparity is started in.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import models, renderers
from parity.artefact import resolve, shipped, tiny
from parity.backends import read_spec
from parity.checks import CHECKS, LAWS
from parity.errors import BadPlan, MissingPackage, UnknownCheck
from parity.select import select
from parity.terms import Terms
from parity.types import SPECIALS

CONCURRENCY: Final = tuple(name for name, law in LAWS.items() if law.gates == "asked")
"""Laws about several threads and processes, and about what was asked before."""
EVERYTHING: Final = tuple(name for name in (*CHECKS, *LAWS) if name not in CONCURRENCY)
"""All that is compared where nobody says what."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {"all": EVERYTHING, "concurrency": CONCURRENCY}
"""Several checks or laws by one name; nobody has named each of them."""
NO_PLAN: Final = {"presets"}
"""What may stand in [tool.parity] without being a plan: it is read by `backends`."""
NEARLY: Final = 0.8
"""How alike (difflib's ratio) a key and `parity` are where the one is meant for the other."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Pair(NamedTuple):
    """Two sides and what is compared of them.

    named: the checks were named by somebody, so each of them must compare something.
    terms: what the targets of both may ask for.
    """

    name: str
    reference: str
    candidate: str
    checks: tuple[str, ...] = EVERYTHING
    named: bool = False
    corpora: tuple[str, ...] = ("all",)
    specials: str = "parse"
    select: str = ""
    golden: tuple[str, ...] = ()
    self_check: bool = False
    terms: Terms = Terms()


class Plan(NamedTuple):
    """Pairs, and where their goldens and ledger live; `source` is "" for the built-in plan.

    left_out: what could not be compared here, and why.
    """

    pairs: tuple[Pair, ...]
    golden: Path = Path("golden")
    source: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def ledger(self) -> Path:
        """The file of known differences."""
        return self.golden / "expected.toml"


PLAN_KEYS: Final = (
    "golden", "corpora", "checks", "pairs", "network", "moving", "models", "presets", "decode",
)  # fmt: skip
PAIR_KEYS: Final[Mapping[str, type]] = {
    "name": str,
    "reference": str,
    "candidate": str,
    "checks": list,
    "corpora": list,
    "specials": str,
    "select": str,
    "golden": list,
    "self_check": bool,
}


def built_in() -> Plan:
    """Return the plan that runs anywhere: `hf` against `reference` on each shipped tokenizer.

    On the whole shipped corpus, all checks and laws.
    """
    pairs = [Pair(name, f"hf:tiny:{name}", f"reference:tiny:{name}") for name in tiny()]
    return Plan(tuple(pairs), shipped("golden"))


def of_model(target: str) -> Plan:
    """Return the plan for a model's folder: its chat template by every engine that is here.

    The side to agree with is transformers. Raises BadSpec where the target is not there.
    """
    resolve(target)
    pairs, left_out = [], []
    for name, (engine, spec) in RENDERERS.items():
        reason = renderers.missing("transformers") or renderers.missing(engine)
        if reason:
            left_out.append(f"{name}: {reason}")
            continue
        pairs.append(
            Pair(
                f"template-{name}", f"jinja:{target},through=transformers", spec.format(target),
                TEMPLATE_CHECKS, corpora=("chat",),
            )
        )  # fmt: skip
    if not pairs:
        raise MissingPackage("no two engines are here: " + "; ".join(left_out))
    return Plan(tuple(pairs), source=f"the model {target}", left_out=tuple(left_out))


RENDERERS: Final[Mapping[str, tuple[str, str]]] = {
    "jinja": ("jinja", "jinja:{}"),
    "minijinja": ("minijinja", "minijinja:{}"),
    "smg": ("minijinja", "minijinja:{},preset=smg,template=smg"),
    "tgi": ("minijinja", "minijinja:{},preset=tgi"),
    "huggingface-jinja": ("huggingface_jinja", "huggingface_jinja:{}"),
}
"""What a model's chat template is rendered by: the engine, and the spec of the backend."""
TEMPLATE_CHECKS: Final = ("prompt", "generation_prompt", "continued", "outcome", "template_source",
                          "render_repeatable")  # fmt: skip


def has_plan(path: Path) -> bool:
    """Say whether a pyproject.toml holds a plan.

    Raises BadPlan for one that cannot be read, and for a key of [tool] that is nearly `parity`:
    whoever wrote it believes that his plan is run.
    """
    if path.exists() and not path.is_file():
        raise BadPlan(f"{path}: is no file; a plan is in a file of this name")
    if not path.exists():
        return False
    tool = _tool(path)
    for key in tool:
        if key != "parity" and difflib.get_close_matches(key.lower(), ["parity"], 1, NEARLY):
            raise BadPlan(f"{path}: [tool.{key}] is no plan; did you mean [tool.parity]?")
    table = tool.get("parity")
    only_presets = isinstance(table, dict) and set(table) == NO_PLAN
    return "parity" in tool and not only_presets


def has(path: Path, key: str) -> bool:
    """Say whether a plan has a key; one may be of full decoding alone, without pairs."""
    table = _tool(path).get("parity")
    return isinstance(table, dict) and bool(table.get(key))


def read(path: Path) -> Plan:
    """Return the plan of a pyproject.toml. Raises BadPlan, with the nearest known key."""
    table = _tool(path).get("parity", {})
    _check_keys(table, PLAN_KEYS, f"{path}: [tool.parity]")
    rows = table.get("pairs", [])
    if not isinstance(rows, list) or not rows:
        raise BadPlan(f"{path}: [tool.parity] has no [[tool.parity.pairs]]")
    golden = table.get("golden", "golden")
    if not isinstance(golden, str):
        raise BadPlan(f"{path}: [tool.parity] golden: a folder's name, not {golden!r}")
    terms = _terms(table, f"{path}: [tool.parity]")
    pairs = [
        _pair(f"{path}: pair {number}", row, table)._replace(terms=terms)
        for number, row in enumerate(rows, 1)
    ]
    names = [pair.name for pair in pairs]
    for name in names:
        if names.count(name) > 1:
            raise BadPlan(f"{path}: two pairs have the name {name!r}")
    return Plan(tuple(pairs), Path(golden), str(path))


def terms_of(path: Path) -> Terms:
    """Return what a pyproject.toml allows, whether it has pairs or not. Raises BadPlan."""
    table = _tool(path).get("parity", {}) if path.is_file() else {}
    return _terms(table, f"{path}: [tool.parity]") if isinstance(table, dict) else Terms()


def _terms(table: Mapping[str, Any], place: str) -> Terms:
    for key in ("network", "moving"):
        if not isinstance(table.get(key, False), bool):
            raise BadPlan(f"{place}: {key} is true or false, not {table[key]!r}")
    own = models.own(table["models"], f"{place} models") if "models" in table else ()
    return Terms(table.get("network", False), table.get("moving", False), own)


def checks_for(names: Iterable[str] | str, place: str) -> tuple[tuple[str, ...], bool]:
    """Return checks and laws by name, and whether each of them was named."""
    wanted = [names] if isinstance(names, str) else list(names)
    found: dict[str, bool] = {}
    for name in wanted:
        if name not in (*CHECKS, *LAWS, *GROUPS):
            near = difflib.get_close_matches(str(name), (*CHECKS, *LAWS, *GROUPS), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            known = ", ".join((*GROUPS, *CHECKS, *LAWS))
            raise UnknownCheck(f"{place}: no check or law {name!r}; known: {known}{hint}")
        found.update(dict.fromkeys(GROUPS.get(name, (name,)), True))
    if not found:
        raise BadPlan(f"{place}: no check is named")
    return tuple(found), not any(name in GROUPS for name in wanted)


def _pair(place: str, row: Any, plan: Mapping[str, Any]) -> Pair:
    if not isinstance(row, dict):
        raise BadPlan(f"{place} is a table, not {row!r}")
    _check_keys(row, PAIR_KEYS, place)
    row = {**{key: plan[key] for key in ("corpora", "checks") if key in plan}, **row}
    for key in ("name", "reference", "candidate"):
        if key not in row:
            raise BadPlan(f"{place}: the key {key!r} is wanted")
    place = f"{place} ({row['name']!r})"
    for key, value in row.items():
        if not isinstance(value, PAIR_KEYS[key]):
            raise BadPlan(f"{place}: {key} is a {PAIR_KEYS[key].__name__}, not {value!r}")
    if not NAME.fullmatch(row["name"]):
        raise BadPlan(f"{place}: a name is lower-case letters, digits, '.', '_' and '-'")
    checks, named = checks_for(row.pop("checks", "all"), place)
    corpora = _strings(row.pop("corpora", ["all"]), f"{place}: corpora")
    golden = _golden(row.pop("golden", []), f"{place}: golden")
    pair = Pair(**row, checks=checks, named=named, corpora=corpora, golden=golden)
    check_pair(pair, place)
    return pair


def _golden(names: list[Any], place: str) -> tuple[str, ...]:
    checks, _ = checks_for(names, place) if names else ((), False)
    laws = [name for name in checks if name in LAWS]
    if laws:
        raise BadPlan(f"{place}: {laws[0]!r} is a law; only checks have goldens")
    return checks


def check_pair(pair: Pair, place: str) -> None:
    """Raise for what can be known to be wrong before anything is loaded."""
    for spec in (pair.reference, pair.candidate):
        read_spec(spec)
    if pair.specials not in SPECIALS:
        raise BadPlan(f"{place}: specials is {', '.join(SPECIALS)}, not {pair.specials!r}")
    if pair.select:
        select(pair.select)


def _strings(value: Sequence[Any], place: str) -> tuple[str, ...]:
    if not value or not all(isinstance(item, str) for item in value):
        raise BadPlan(f"{place}: a list of names, paths or globs is wanted, not {value!r}")
    return tuple(value)


def _check_keys(table: Any, known: Iterable[str], place: str) -> None:
    if not isinstance(table, dict):
        raise BadPlan(f"{place} is a table, not {table!r}")
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise BadPlan(f"{place}: unknown key {key!r}; {hint}known: {', '.join(known)}")


def _tool(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPlan(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPlan(f"{path}: {error}") from error
    tool = content.get("tool", {})
    return tool if isinstance(tool, dict) else {}
