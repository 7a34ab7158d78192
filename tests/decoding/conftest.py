"""A folder with prompts, and engines of toys in this process."""

from conftest_decode import decode_project, engines_here  # noqa: F401 (fixtures)
