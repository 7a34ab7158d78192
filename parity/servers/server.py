"""A server of a shape at a URL, asked by what its shape says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from parity.errors import BadSpec, LoadFailed
from parity.servers import address
from parity.servers.client import Client
from parity.servers.events import Event, Events
from parity.servers.failures import BadReply, Rejected, ServerFailed, UnknownModel, of_status
from parity.servers.shape import Body, Call, Shape, shown


class Way(NamedTuple):
    """How a server is reached, as a spec says it.

    model: the name that it knows the model by, or "".
    key_file: a file that holds a key, or "".
    seconds: how long an answer may take.
    """

    url: str
    model: str = ""
    key_file: str = ""
    seconds: str = "10"


class Server:
    """A server that answered.

    says: what it said of itself when it was reached.
    """

    def __init__(self, client: Client, shape: Shape, model: str) -> None:
        self.client, self.shape, self.model = client, shape, model
        self.says = self.who()

    def who(self) -> dict[str, str]:
        """Return what the server says of itself, now. Raises a failure of the server."""
        said: dict[str, str] = {}
        for question in self.shape.who:
            said |= question.read(self._first(question.paths), self.model)
        return said

    def facts(self) -> dict[str, str]:
        """Return what it is known by, and what it says of itself now, as facts."""
        says = self.who()
        return {
            "server": address.home(self.client.url),
            "model": self.model or says.get("id", ""),
            **{f"says.{name}": value for name, value in says.items()},
        }

    def ask(self, path: str, body: Body) -> Any:
        """Return the JSON that is answered. Raises a failure, UnknownModel where it says so."""
        try:
            return self.client.ask(path, {**body, **self._named()})
        except (Rejected, ServerFailed) as error:
            if self.shape.unknown_model and self.shape.unknown_model in str(error):
                raise UnknownModel(str(error)) from error
            raise

    def call(self, call: Call, given: Any, mode: Mapping[str, Any]) -> Any:
        """Return the value of one operation. Raises a failure."""
        return call.read(self.ask(call.path, {**call.body(given), **mode}), given)

    def events(self, path: str, body: Body) -> Iterator[Event]:
        """Yield the events of a stream as they come. Raises a failure."""
        events = Events()
        for data in self.client.stream(path, {**body, **self._named()}):
            yield from events.feed(data)
        if rest := events.unfinished():
            raise BadReply(f"the stream ended within an event: {shown(rest)}")

    def close(self) -> None:
        """Hang up."""
        self.client.close()

    def _named(self) -> dict[str, str]:
        return {"model": self.model} if self.model else {}

    def _first(self, paths: tuple[str, ...]) -> Any:
        missing = type(of_status(404, ""))
        for path in paths[:-1]:
            try:
                return self.client.ask(path)
            except missing:
                continue
        return self.client.ask(paths[-1])


def reach(kind: str, shape: Shape, way: Way, *, keep: bool = True) -> Server:
    """Return a server that has said what it is.

    kind: the word that the spec begins with, for messages. keep: as `Client` has it.
    Raises BadSpec, and LoadFailed where nobody answers there, or something else does.
    """
    if shape.model == "must" and not way.model:
        raise BadSpec(f"{kind}:{way.url}: {shape.name} wants model=NAME, a name that it knows")
    if shape.model == "never" and way.model:
        raise BadSpec(
            f"{kind}:{way.url}: {shape.name} has one model and takes no model={way.model}"
        )
    seconds = address.seconds(kind, way.seconds)
    key = address.key(kind, way.key_file)
    client = Client(address.checked(kind, way.url), key, seconds, keep=keep)
    try:
        return Server(client, shape, way.model)
    except BaseException as error:
        client.close()
        if isinstance(error, ServerFailed):
            reason = f"{type(error).__name__}: {error}"
            raise LoadFailed(
                f"{kind}:{way.url}: {shape.about}, does not say what it is: {reason}; "
                "is it running, at this URL, and of this shape?"
            ) from error
        raise
