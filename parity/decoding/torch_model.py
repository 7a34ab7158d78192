"""A causal language model of transformers with its tokenizer, loaded from a folder.

What transformers would pass over is refused here: weights that are not in the folder, which it
draws at random (a model without a head becomes one that speaks at random).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
import transformers
from safetensors import safe_open

from parity.backend import Breach, Identity, refusing
from parity.decoding import torch_device, weights
from parity.decoding.engine import PromptTooLong
from parity.decoding.records import Prompt, Request
from parity.errors import BadSpec, Refused, Unsupported

PACKAGES: Final = ("torch", "transformers", "tokenizers", "safetensors", "numpy")
TOKENIZER_FILES: Final = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "tokenizer.model", "vocab.json", "merges.txt",
)  # fmt: skip
MODEL_FILES: Final = ("config.json", "generation_config.json", "model.safetensors.index.json")
ENOUGH: Final = 3
"""Names of missing weights that a message has room for."""


class EmptyPrompt(Breach):
    """A prompt of no ids: there is nothing to complete."""


BAD_PROMPTS: Final = (EmptyPrompt, PromptTooLong, Unsupported)
"""What is wrong with one prompt alone: the others of its batch are answered."""


class Causal(NamedTuple):
    """A model and its tokenizer, ready to be asked.

    tokenizer: None where the folder has none; prompts are then ids.
    context: ids that fit in at all, None where the model does not say.
    eos: ids that end a completion. pad: what fills up a shorter prompt; it is masked.
    """

    model: Any
    tokenizer: Any
    folder: Path
    tokenizer_folder: Path
    where: torch.device
    context: int | None
    eos: tuple[int, ...]
    pad: int

    def encode(self, prompt: Prompt) -> list[int]:
        """Return the ids of a text or of chat messages, by the tokenizer's own template."""
        if self.tokenizer is None:
            raise Unsupported(f"{self.folder} has no tokenizer: prompts are ids")
        if prompt.kind == "text":
            return list(self.tokenizer(prompt.payload)["input_ids"])
        if not self.tokenizer.chat_template:
            raise Unsupported(f"the tokenizer of {self.tokenizer_folder} has no chat template")
        messages = [dict(message) for message in prompt.payload]
        return list(
            self.tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=True, return_dict=False
            )
        )

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids without special tokens."""
        if self.tokenizer is None:
            raise Unsupported(f"{self.folder} has no tokenizer: nothing says what ids mean")
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    @property
    def vocabulary(self) -> int:
        """The number of logits of a step."""
        return int(self.model.config.get_text_config(decoder=True).vocab_size)

    @property
    def dtype(self) -> str:
        """The dtype that it computes in."""
        return str(self.model.dtype).removeprefix("torch.")

    def fits(self, request: Request, new: int = 1) -> None:
        """Raise what is wrong with a prompt and so many new ids, if anything is: BAD_PROMPTS."""
        if not request.ids:
            raise EmptyPrompt("a prompt of no ids cannot be completed")
        if self.context is not None and len(request.ids) + new > self.context:
            raise PromptTooLong(
                f"{len(request.ids)} ids of the prompt and {new} new ones are more than the "
                f"context of this model, {self.context}"
            )
        if request.stop and self.tokenizer is None:
            raise Unsupported(f"{self.folder} has no tokenizer, and a stop string needs one")

    def files(self) -> list[Path]:
        """Return the files that decide its answers."""
        return [
            *_there(self.folder, MODEL_FILES),
            *sorted(self.folder.glob("*.safetensors")),
            *_there(self.tokenizer_folder, TOKENIZER_FILES),
        ]

    def most(self, requests: Sequence[Request]) -> int:
        """Return the new ids to ask for: what is wanted, but no more than shows who is too long."""
        wanted = max(request.max_tokens for request in requests)
        if self.context is None:
            return wanted
        room = self.context - min(len(request.ids) for request in requests)
        return min(wanted, max(room, 0) + 1)

    def identity(self, facts: Mapping[str, str]) -> Identity:
        """Say what this is.

        No origin: the classes of a model are of transformers and of torch, and hooks are how
        both are used.
        """
        tokenizer = getattr(self.tokenizer, "_tokenizer", self.tokenizer)
        return Identity(
            self.model,
            artefacts=[str(file) for file in self.files()],
            packages=PACKAGES,
            facts={**torch_device.surroundings(self.where), **self._facts(), **facts},
            parts=[] if tokenizer is None else [Identity(tokenizer)],
        )

    def _facts(self) -> dict[str, str]:
        config = self.model.config
        return {
            "attention": str(config._attn_implementation),  # noqa: SLF001 (its only name)
            "dtype.compute": self.dtype,
            "dtype.stored": " ".join(sorted(_stored(self.folder))),
            "quantisation": str(getattr(config, "quantization_config", None) or "none"),
            "eos": " ".join(map(str, self.eos)),
            "pad": str(self.pad),
            "tokenizer": type(self.tokenizer).__qualname__ if self.tokenizer else "none",
        }


def load(model: str, *, dtype: str, device: str, attention: str, tokenizer: str = "") -> Causal:
    """Return a model in a dtype on a device. Raises BadSpec, Unsupported or Refused."""
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind, where = torch_device.dtype(dtype), torch_device.device(device)
    folder = weights.find(model, "safetensors", dtype)
    with out_of_memory():
        loaded = _model(folder, kind, attention).to(where).eval()
    tokenizer_folder = Path(tokenizer) if tokenizer else folder
    own = loaded.generation_config
    eos = own.eos_token_id
    ends = () if eos is None else (eos,) if isinstance(eos, int) else tuple(eos)
    pad = own.pad_token_id
    return Causal(
        loaded,
        _tokenizer(tokenizer_folder, asked=bool(tokenizer)),
        folder,
        tokenizer_folder,
        where,
        getattr(loaded.config.get_text_config(decoder=True), "max_position_embeddings", None),
        ends,
        pad if pad is not None else next(iter(ends), 0),
    )


@contextlib.contextmanager
def out_of_memory() -> Iterator[None]:
    """Give what torch says on a CPU without memory, a RuntimeError, the name that Python has."""
    try:
        yield
    except torch.OutOfMemoryError:
        torch.cuda.empty_cache()
        raise
    except RuntimeError as error:
        if "DefaultCPUAllocator" in str(error):
            raise MemoryError(str(error).partition("\n")[0]) from error
        raise


def _model(folder: Path, kind: torch.dtype, attention: str) -> Any:
    options: dict[str, Any] = {
        "dtype": kind,
        "attn_implementation": attention,
        "local_files_only": True,
        "output_loading_info": True,
    }
    auto: Any = transformers.AutoModelForCausalLM
    with refusing("transformers", folder):
        try:
            found, about = auto.from_pretrained(folder, **options)
        except ImportError as error:
            raise Unsupported(f"attention={attention}: {error}") from error
        except ValueError as error:
            if "attn_implementation" in str(error):
                raise BadSpec(f"attention={attention}: {error}") from error
            raise
    lacking = sorted({*about["missing_keys"], *(key for key, *_ in about["mismatched_keys"])})
    if lacking:
        names = ", ".join(lacking[:ENOUGH]) + (", ..." if len(lacking) > ENOUGH else "")
        raise Refused(
            f"{folder} is no whole causal language model: {type(found).__name__} wants "
            f"{len(lacking)} weights that are not in it: {names}"
        )
    return found


def _tokenizer(folder: Path, *, asked: bool) -> Any:
    """Return a folder's tokenizer; None where there is none and nobody asked for one."""
    if not asked and not _there(folder, TOKENIZER_FILES):
        return None
    with refusing("transformers", f"the tokenizer of {folder}"):
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _there(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()]


def _stored(folder: Path) -> set[str]:
    """Return the dtypes of a folder's weights, as its files have them."""
    found: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found |= {str(file.get_slice(name).get_dtype()) for name in file.keys()}  # noqa: SIM118 (no mapping)
    return found
