"""The chat templates that mistral-common writes: one for each version, vocabulary and modality.

Nobody else publishes so many templates of one family that say what they are of: v1 to v15, for
SentencePiece or tekken, with images, audio or thinking. They are the package's own copy of its
chat encoder (the backend `mistral_common`), made from a configuration; the names here say it:
`v3_spm`, `v11_tekken_image_plain_think`. BOS and EOS are variables in them, and come along. Where
they are wrong (1.13.1): the encoder of v2 and v3 reads a tool result that is JSON, and writes what
it read; these templates write it as a string.

Which of the configurations there are is asked of the package, which refuses the others; so a newer
one has more names. From v15 on a template must know which reasoning efforts there are: EFFORTS.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from parity.errors import BadSpec, MissingPackage

PARTS: Final = {
    "image": "image_support",
    "audio": "audio_support",
    "think": "thinking_support",
    "plain_think": "plain_thinking_support",
}
"""What a name says of a template, and what the package calls it."""
TOKENS: Final = {"bos_token": "<s>", "eos_token": "</s>"}
EFFORTS: Final = {"reasoning_effort_values": ("none", "high"), "reasoning_effort_default": "none"}
"""The one thing that the package leaves to the model's makers; these two are Mistral's."""


def names() -> list[str]:
    """Return the names of all templates, oldest version first. Raises MissingPackage."""
    return list(_configurations())


def template(name: str) -> tuple[str, dict[str, str]]:
    """Return a template's source, and the tokens that it names.

    Raises BadSpec for an unknown name, MissingPackage.
    """
    known = _configurations()
    if name not in known:
        raise BadSpec(f"no template {name!r} of mistral-common; known: {', '.join(known)}")
    return _generator().build_chat_template(known[name]), dict(TOKENS)


def _configurations() -> dict[str, Any]:
    return dict(_allowed(_generator()))


def _allowed(generator: Any) -> Iterator[tuple[str, Any]]:
    for version in generator.TokenizerVersion:
        efforts = EFFORTS if version.supports_model_settings else {}
        for spm, *parts in product((True, False), *[(False, True)] * len(PARTS)):
            said = dict(zip(PARTS, parts, strict=True))
            words = [
                version.value,
                "spm" if spm else "tekken",
                *(word for word in PARTS if said[word]),
            ]
            options = {PARTS[word]: wanted for word, wanted in said.items()}
            try:
                yield (
                    "_".join(words),
                    generator.TemplateConfig(
                        version=version, spm=spm, use_special_token_variables=True,
                        **options, **efforts,
                    ),
                )  # fmt: skip
            except ValueError:  # the package's word for a configuration that there is not
                continue


def _generator() -> Any:
    try:
        from mistral_common.integrations.chat_templates import (  # noqa: PLC0415 (it is heavy)
            template_generator,
        )
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"Mistral's templates need the package {error.name}: "
            "pip install 'tokparity[mistral_common]'"
        ) from error
    return template_generator
