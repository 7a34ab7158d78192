"""A matrix of fakes, each wrong in one way, on few cases."""

import pytest
from matrix_fakes import CASES, MINE, row

from parity import canary
from parity.survey import inputs
from parity.survey.installing import Place
from parity.survey.surveying import Asked, survey
from parity.survey.tables import vocabularies


@pytest.fixture(scope="session")
def caught():
    """What a release of the canaries came to: once for all matrices of fakes."""
    return canary.release()


@pytest.fixture
def here(tmp_path, monkeypatch, caught):
    """A folder with a module of backends, and few cases to ask."""
    monkeypatch.setattr(canary, "release", lambda: caught)
    (tmp_path / "matrix_mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(inputs, "written", lambda: CASES)
    return tmp_path


@pytest.fixture
def matrix(here):  # noqa: ARG001 (a folder to be in)
    """What makes a matrix of some implementations on a vocabulary."""

    def made(*names, target="tiny:byte-bpe-600", **asked):
        places = [(row(name), Place()) for name in names]
        return survey(places, vocabularies([target])[0], Asked(**{"drawn": 0, **asked}))

    return made
