"""transformers' own `apply_chat_template`, on a tokenizer that has no vocabulary.

Everything around the template is the package's: keys that are null, reasoning fields, special
tokens, `continue_final_message`. A template that brings its variables has the package's environment
alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jinja2

logging.disable(logging.WARNING)  # at its import it says that there is no torch: none is needed
import tokenizers
import transformers
from transformers.utils import chat_template_utils

logging.disable(logging.NOTSET)

Render = Callable[[str, Mapping[str, Any]], str]


def make(settings: Mapping[str, Any]) -> Render:
    """Return a function of a template's source and its variables."""
    _stop_the_clock(datetime.fromisoformat(settings["clock"]))

    def render(source: str, variables: Mapping[str, Any]) -> str:
        compiled: Any = chat_template_utils._compile_jinja_template(source)  # noqa: SLF001 (it is
        return str(compiled.render(variables))  # what is called, and has no other name)

    return render


def make_chat(settings: Mapping[str, Any]) -> Render:
    """Return a function of a template's source and what `apply_chat_template` takes."""
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    _stop_the_clock(datetime.fromisoformat(settings["clock"]))
    tokenizer = _tokenizer(settings)

    def render(source: str, variables: Mapping[str, Any]) -> str:
        options = dict(variables)
        messages = options.pop("messages")
        text: str = tokenizer.apply_chat_template(
            messages, chat_template=source, tokenize=False, **options
        )
        return text

    return render


def _tokenizer(settings: Mapping[str, Any]) -> Any:
    """Return the folder's own tokenizer; where it has none, one without a vocabulary."""
    if settings.get("folder"):
        return transformers.AutoTokenizer.from_pretrained(settings["folder"], local_files_only=True)
    return transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizers.Tokenizer(tokenizers.models.BPE()), **settings["tokens"]
    )


def facts(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the folder's tokenizer says of chats: its templates by name, and its tokens."""
    if not settings.get("folder"):
        return {}
    tokenizer = _tokenizer(settings)
    found = tokenizer.chat_template
    named = found if isinstance(found, dict) else {"default": found} if found else {}
    return {"templates": named, "tokens": dict(tokenizer.special_tokens_map)}


def _stop_the_clock(moment: datetime) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return moment.replace(tzinfo=tz)

    chat_template_utils.datetime = Stopped  # type: ignore[attr-defined]


def kind_of(error: BaseException) -> str:
    """Return which kind of failure an exception is; `raise_exception` raises the base class."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return "BadTemplate"
    if type(error) is jinja2.TemplateError:
        return "Raised"
    return "Undefined" if isinstance(error, jinja2.UndefinedError) else "RenderFailed"


def versions() -> dict[str, str]:
    """Return what decides the answers."""
    return {"transformers": transformers.__version__, "jinja2": jinja2.__version__}


def files() -> list[str]:
    """Return the files that do the work."""
    return [str(chat_template_utils.__file__), str(jinja2.sandbox.__file__)]
