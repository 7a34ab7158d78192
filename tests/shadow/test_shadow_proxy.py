"""The proxy: a client gets what it would get without it, whatever the candidate does."""

import json
import socket
import threading

import pytest

pytest.importorskip("httpx2", reason="the package httpx2 is not installed")
pytest.importorskip("starlette", reason="the package starlette is not installed")
pytest.importorskip("uvicorn", reason="the package uvicorn is not installed")
import upstream
from upstream import PATIENCE, ask, complete, frames, nobody, proxied, reply, says, streams, talking

from parity.shadowed import reading

CASES = {
    "plain": ("/plain", {"method": "GET"}),
    "duplicates_in_order": ("/headed", {"method": "GET"}),
    "packed": ("/gzip", {"method": "GET"}),
    "says_that_it_is_packed": ("/lies", {"method": "GET"}),
    "large_and_binary": ("/binary", {"method": "GET"}),
    "in_chunks": ("/chunks", {"method": "GET"}),
    "ends_by_closing": ("/closes", {"method": "GET"}),
    "empty": ("/empty", {"method": "DELETE"}),
    "unchanged": ("/unchanged", {"method": "GET"}),
    "head": ("/binary", {"method": "HEAD"}),
    "not_followed": ("/elsewhere", {"method": "GET"}),
    "refused": ("/refused", {"body": b"{}"}),
    "of_the_client": ("/teapot", {"method": "BREW"}),
    "of_the_server": ("/broken", {"method": "GET"}),
    "of_no_standard": ("/unheard", {"method": "GET"}),
    "unknown": ("/nowhere", {"method": "OPTIONS"}),
    "breaks_off": ("/half", {"method": "GET"}),
    "breaks_off_in_a_stream": ("/half-a-stream", {"method": "GET"}),
    "large_body": ("/echo", {"body": upstream.BINARY}),
    "body_in_chunks": ("/echo", {"body": upstream.BINARY, "chunked": True}),
    "body_of_json": (
        "/echo",
        {"body": b'{"a": 1}', "headers": [("content-type", "application/json")]},
    ),
    "in_small_letters": ("/plain", {"method": "get"}),
    "waits_for_100": ("/echo", {"body": b"b", "headers": [("expect", "100-continue")]}),
    "target": ("/a%2Fb/%7Eu/../c;d?q=%20&b=+&&x=%FF", {"method": "PUT", "body": b"\0\xff"}),
    "headers": (
        "/echo",
        {
            "body": b"b",
            "headers": [
                ("x-a", "1"), ("accept-encoding", "br"), ("x-b", "2"), ("x-a", "0"),
                ("cookie", "c"), ("authorization", "Bearer k"), ("user-agent", "me"),
                ("x-parity-shadow", "0"),
            ],
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    """A primary, and a proxy before it whose candidate is gone."""
    with upstream.upstream() as primary, proxied(primary.url, nobody()) as running:
        yield primary, running


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_the_primarys_own_byte_for_byte(pair, name):
    """Status, headers in order, bytes, and whether it broke off; and so is the request."""
    primary, running = pair
    path, how = CASES[name]

    direct = ask(primary.url, path, **how)
    passed = ask(running.url, path, **how)

    assert passed == direct
    mine, theirs = (as_sent(seen) for seen in primary.seen[-2:])
    assert theirs == mine


def as_sent(seen):
    """What a primary saw, without what is of one connection."""
    method, target, headers, body = seen
    rows = [(name.lower(), value) for name, value in headers if name.lower() != "host"]
    return method, target, rows, body


def test_the_host_is_the_primarys(pair):
    """A server may serve several names."""
    primary, running = pair

    ask(running.url, "/plain", method="GET")

    assert dict(primary.seen[-1][2])["host"] == primary.url.removeprefix("http://")


def test_headers_of_one_connection_end_there(pair):
    """RFC 9110, 7.6.1: both ways, those that `connection` names among them."""
    primary, running = pair
    rows = [("connection", "x-mine, te"), ("x-mine", "1"), ("te", "trailers"), ("x-kept", "1")]

    _, headers, _, _ = ask(running.url, "/hops", method="GET", headers=rows)

    assert not {"x-hop", "keep-alive"} & {name.lower() for name, _ in headers}
    sent = {name.lower() for name, _ in primary.seen[-1][2]}
    assert sent == {"host", "x-kept"}


def test_each_frame_is_there_before_the_next_one_is_sent(pair):
    """The server sends on only when the client has what was sent: a buffer would wait forever."""
    primary, running = pair
    found = []
    with talking(running.url, "/steps", method="GET") as response:
        for _ in range(5):
            found.append(response.readline() + response.readline())
            primary.step.set()
        assert response.read() == b""

    assert found == [b"data: %d\n\n" % number for number in range(5)]


@pytest.mark.parametrize("path", ["/waits", "/waits-in-a-stream"])
def test_a_client_that_goes_away_is_gone_for_the_primary(pair, path):
    """Its work for nobody ends, as it does without a proxy."""
    primary, running = pair
    primary.gone.clear()
    while primary.asked.acquire(blocking=False):
        pass
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        client.sendall(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode())
        assert primary.asked.acquire(timeout=PATIENCE)

    assert primary.gone.wait(PATIENCE)


def test_a_websocket_is_refused_and_says_by_whom(pair):
    """It would go through as a request that nobody answers as one."""
    rows = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")]
    status, headers, data, _ = ask(pair[1].url, "/plain", method="GET", headers=rows)

    assert (status, dict(headers)["x-parity-shadow"]) == (501, "no-websocket")
    assert b"websockets do not go through" in data


def test_a_primary_that_is_down_is_502_and_says_by_whom():
    """The only answer that is the proxy's own; it is counted."""
    with upstream.upstream() as candidate, proxied(nobody(), candidate.url) as running:
        status, headers, data, _ = complete(running.url, "a")

    assert (status, dict(headers)["x-parity-shadow"]) == (502, "no-primary")
    assert data.startswith(b"tokparity shadow proxy: the primary gave no answer: ")
    found = running.book.snapshot()
    assert (found["reasons"]["skipped"], found["proxy"]) == ({"NoPrimary": 1}, {"no_primary": 1})
    assert all(seen[1] != "/v1/completions" for seen in candidate.seen)


def never_answers(to):
    to.server.free.wait(PATIENCE)
    to.close_connection = True


def hangs_up(to):
    to.close_connection = True


def dies_in_its_stream(to):
    to.begin()
    to.chunk(FRAMES[0])
    to.close_connection = True


def has_no_end(to):
    to.begin()
    while not to.server.free.is_set():
        to.chunk(b": ping\n\n" * 8192)


FRAMES = frames((" b", [5]), (" c", [6]))
STREAM = {
    "same_in_other_frames": (streams([b"".join(FRAMES)]), "same", ""),
    "joins_two_frames": (streams(frames((" b c", [5, 6]))), "same", ""),
    "another_id": (streams(frames((" b", [5]), (" c", [7]))), "diverged", "ids.value"),
    "one_id_less": (streams(frames((" b", [5]))), "diverged", "ids.missing"),
    "another_text": (streams(frames((" b", [5]), (" C", [6]))), "diverged", "text.value"),
    "another_boundary": (streams(frames((" b ", [5]), ("c", [6]))), "diverged", "chunks.extra"),
    "another_finish": (
        streams(frames((" b", [5]), (" c", [6]), finish="length")), "diverged", "finish.value",
    ),
    "has_no_end": (streams(frames((" b", [5]), done=False, finish=None)), "diverged",
                   "complete.value"),
    "fails_in_its_stream": (
        streams([FRAMES[0], b'data: {"error": "out of pages"}\n\n']), "diverged",
        "outcome.ErrorInStream",
    ),
    "no_completion": (says(b'{"tokens": [1]}'), "diverged", "outcome.BadReply"),
    "html": (says(b"<html>"), "diverged", "outcome.NotJson"),
    "not_packed": (says(b"plain", content_encoding="gzip"), "diverged", "outcome.BadReply"),
    "packed_otherwise": (says(b"?", content_encoding="br"), "skipped", "Unsupported"),
    "rejects": (says(b"{}", 422), "diverged", "outcome.Status422"),
    "fails": (says(b"{}", 500), "diverged", "outcome.Status500"),
    "overloaded": (says(b"{}", 503), "error", "Status503"),
    "leads_elsewhere": (says(b"{}", 307, location="/plain"), "error", "Status307"),
    "hangs_up": (hangs_up, "error", "ConnectionFailed"),
    "dies_in_its_stream": (dies_in_its_stream, "error", "ConnectionFailed"),
    "endless": (has_no_end, "error", "TooLong"),
}  # fmt: skip
"""What a candidate does to a prompt of this name, and what becomes of it."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Every candidate of STREAM before one proxy; (what clients got, counts, the log's run)."""
    log = tmp_path_factory.mktemp("proxy") / "shadow.jsonl"
    honest = dict.fromkeys(STREAM, streams(FRAMES))
    wrong = {name: answer for name, (answer, _, _) in STREAM.items()}
    with upstream.upstream(honest) as primary, upstream.upstream(wrong) as candidate:
        named = {"timeout": PATIENCE, "breaker": 0, "report": str(log)}
        with proxied(primary.url, candidate.url, wanted={"at_once": 64}, **named) as running:
            direct = complete(primary.url, "endless", stream=True)
            got = {name: complete(running.url, name, name, stream=True) for name in STREAM}
    (run,) = reading.read([log])
    return direct, got, running.book.snapshot(), run


@pytest.mark.parametrize("name", STREAM)
def test_whatever_the_candidate_does_the_client_gets_the_primarys_answer(judged, name):
    """And nothing is waited for."""
    direct, got, _, _ = judged

    assert got[name] == direct


@pytest.mark.parametrize("name", STREAM)
def test_what_the_candidate_does_is_in_the_log(judged, name):
    """Under the request's id, by class or by reason."""
    _, _, _, run = judged
    fate, why = STREAM[name][1:]
    divergences = [line["class"] for line in run.divergences if line["request"] == name]
    lost = [(line["fate"], line["why"]) for line in run.lost if line["request"] == name]

    assert divergences == ([why] if fate == "diverged" else [])
    assert lost == ([(fate, why)] if fate in ("error", "timeout") else [])


def test_counts_are_exact_and_the_log_says_the_same(judged):
    """Each fate as often as the table says; a footer that misses nothing; two sides by URL."""
    _, _, found, run = judged
    fates = [fate for _, fate, _ in STREAM.values()]

    assert {fate: found[fate] for fate in set(fates)} == {
        fate: fates.count(fate) for fate in set(fates)
    }
    assert (found["sampled"], found["pending"], found["proxy"]) == (len(STREAM), 0, {"unframed": 1})
    assert run.footer["counts"] == found
    assert (run.problems, run.footer["whole"], run.header["how"]) == ([], True, "proxy")
    assert run.header["same"] is False


def test_no_text_and_no_ids_are_in_the_log(judged):
    """By default only digests, lengths and classes leave."""
    _, _, _, run = judged
    told = json.dumps(run.divergences)

    assert '" b' not in told
    assert "prompt" not in json.dumps([line["input"] for line in run.divergences])


ANSWERS = {
    "same": ("complete", says(reply()), "same", ""),
    "of_another_moment": ("complete", says(reply(id="y", created=7, model="m")), "same", ""),
    "text": ("complete", says(reply(" B")), "diverged", "text.value"),
    "counts": ("complete", says(reply().replace(b'"prompt_tokens": 2', b'"prompt_tokens": 3')),
               "diverged", "usage.value"),
    "refusal": ("refused", says(b"no", 422), "same", ""),
    "accepts": ("refused", says(reply()), "diverged", "outcome.value"),
    "both_fail": ("broken", says(reply()), "skipped", "Status500"),
    "says_html": ("html", says(reply()), "skipped", "NotJson"),
}  # fmt: skip
PRIMARY = {
    "complete": says(reply()),
    "refused": says(b'{"detail": "too long"}', 422),
    "broken": says(b"{}", 500),
    "html": says(b"<html>"),
}


def test_answers_in_one_piece_are_compared_too():
    """With a refusal as an answer; where the primary failed there is nothing to compare with."""
    honest = {name: PRIMARY[kind] for name, (kind, _, _, _) in ANSWERS.items()}
    wrong = {name: answer for name, (_, answer, _, _) in ANSWERS.items()}
    with upstream.upstream(honest) as primary, upstream.upstream(wrong) as candidate:
        with proxied(primary.url, candidate.url) as running:
            for name in ANSWERS:
                complete(running.url, name)
        asked = {json.loads(seen[3])["prompt"] for seen in candidate.seen if seen[3]}
    found = running.book.snapshot()

    assert found["classes"] == {"outcome.value": 1, "text.value": 1, "usage.value": 1}
    assert found["reasons"] == {"skipped": {"NotJson": 1, "Status500": 1}}
    assert found["same"] == 3
    assert asked == {*ANSWERS} - {"both_fail", "says_html"}


def test_only_greedy_json_of_known_paths_is_compared():
    """Other paths are passed, and a request that draws its tokens is skipped by that name."""
    honest = {"a": says(reply())}
    with (
        upstream.upstream(honest) as primary,
        upstream.upstream(honest) as candidate,
        proxied(primary.url, candidate.url) as running,
    ):
        complete(running.url, "a")
        complete(running.url, "a", temperature=0.7)
        complete(running.url, "a", n=2)
        ask(running.url, "/echo", b"{}", headers=[("content-type", "application/json")])
        ask(running.url, body=b'{"prompt": "a"}', headers=[("content-type", "text/plain")])
    found = running.book.snapshot()

    assert found["reasons"] == {"skipped": {"NotGreedy": 2}}
    calls = {name: one["calls"] for name, one in found["surfaces"].items() if one["calls"]}
    assert calls == {"complete": 3, "other": 2}
    assert (found["sampled"], found["same"]) == (3, 1)


def test_requests_that_draw_are_compared_where_that_is_wanted():
    """Two servers with one seed may be meant to agree."""
    honest = {"a": says(reply())}
    with upstream.upstream(honest) as primary, upstream.upstream(honest) as candidate:
        wanted = {"compare_sampled": True}
        with proxied(primary.url, candidate.url, wanted=wanted) as running:
            complete(running.url, "a", temperature=0.7, seed=1)

    assert running.book.snapshot()["same"] == 1


def test_the_id_of_a_request_decides_and_a_header_forces():
    """By the hash of the id, in every process alike; the header goes on to the primary."""
    from parity.shadow.sampling import WHOLE, place_of

    ids = [f"request-{number}" for number in range(24)]
    drawn = [id for id in ids if place_of(id) < WHOLE // 4]
    honest = {"a": says(reply())}
    with upstream.upstream(honest) as primary, upstream.upstream(honest) as candidate:
        with proxied(primary.url, candidate.url, rate=0.25) as running:
            for id in ids:
                complete(running.url, "a", id)
            rows = [("content-type", "application/json"), ("x-request-id", "request-0"),
                    ("x-parity-shadow", "1")]  # fmt: skip
            ask(running.url, body=b'{"prompt": "a", "temperature": 0}', headers=rows)
        asked = [dict(seen[2])["x-request-id"] for seen in candidate.seen if seen[3]]
        last = dict(primary.seen[-1][2])

    assert sorted(asked) == sorted([*drawn, "request-0"])
    assert 0 < len(drawn) < len(ids)
    assert last["x-parity-shadow"] == "1"


def test_the_candidate_gets_the_same_request_after_the_answer_has_left():
    """Method, target, headers and bytes; but for its own host, and what is not for it."""
    order = []

    def noted(who):
        def answer(to):
            order.append(who)
            to.send(200, reply())

        return answer

    with (
        upstream.upstream({"a": noted("primary")}) as primary,
        upstream.upstream({"a": noted("candidate")}) as candidate,
        proxied(primary.url, candidate.url, wanted={"without": ["Authorization"]}) as running,
    ):
        body = b'{"prompt":  "a", "temperature": 0.0}'
        rows = [("content-type", "application/json"), ("authorization", "k"), ("x-a", "1")]
        ask(running.url, "/v1/completions?q=%20", body, headers=rows)
        upstream.stop(running)
        assert candidate.asked.acquire(timeout=PATIENCE)
    mine = as_sent(primary.seen[-1])
    theirs = as_sent(next(seen for seen in candidate.seen if seen[3]))

    assert (theirs[0], theirs[1], theirs[3]) == (mine[0], mine[1], mine[3])
    assert sorted(theirs[2]) == sorted(row for row in mine[2] if row[0] != "authorization")
    assert order == ["primary", "candidate"]


def test_an_answer_that_did_not_come_to_its_end_is_not_compared():
    """A client that left, a primary that broke off: no answer, and no divergence of anybody."""
    begun = {"leaves": streams_and_waits, "breaks": dies_in_its_stream}
    with upstream.upstream(begun) as primary, upstream.upstream() as candidate:
        with proxied(primary.url, candidate.url) as running:
            body = json.dumps({"prompt": "leaves", "temperature": 0}).encode()
            rows = [("content-type", "application/json")]
            with talking(running.url, "/v1/completions", body, headers=rows) as response:
                response.readline()
            assert primary.gone.wait(PATIENCE)
            *_, whole = complete(running.url, "breaks")
        asked = [seen for seen in candidate.seen if seen[3]]
    found = running.book.snapshot()

    assert (whole, asked) == (False, [])
    assert found["reasons"] == {"skipped": {"CutOff": 1, "Interrupted": 1}}
    assert found["proxy"] == {"cut": 1, "left": 1}


def streams_and_waits(to):
    to.begin()
    to.chunk(FRAMES[0])
    to.watch()


def test_the_log_is_told_how_things_stand_again_and_again():
    """A proxy that never ends has counts in its log, too."""
    beaten = threading.Event()
    with (
        upstream.upstream() as primary,
        proxied(primary.url, nobody(), heartbeat=0.01) as running,
    ):
        running.book.beat = beaten.set

        assert beaten.wait(PATIENCE)


def test_a_candidate_that_takes_too_long_is_a_timeout():
    """Counted by that name; the client has had its answer."""
    honest = {"a": says(reply())}
    with upstream.upstream(honest) as primary, upstream.upstream({"a": never_answers}) as candidate:
        with proxied(primary.url, candidate.url, timeout=0.05) as running:
            got = complete(running.url, "a")
        assert got == complete(primary.url, "a")

    assert running.book.snapshot()["reasons"] == {"timeout": {"TimedOut": 1}}


def test_a_candidate_that_never_answers_is_missing_from_the_footer(tmp_path):
    """At the deadline it is given up: pending, and the footer is not whole."""
    log = tmp_path / "shadow.jsonl"
    honest = {"a": says(reply())}
    with upstream.upstream(honest) as primary, upstream.upstream({"a": never_answers}) as candidate:
        named = {"report": str(log), "deadline": 0.05}
        with proxied(primary.url, candidate.url, **named) as running:
            got = complete(running.url, "a")
            assert candidate.asked.acquire(timeout=PATIENCE)
        assert got == complete(primary.url, "a")
    (run,) = reading.read([log])

    assert (run.footer["counts"]["pending"], run.footer["whole"]) == (1, False)
    assert run.footer["missing"]["in_flight"] == 1


@pytest.mark.parametrize(
    ("limit", "why"), [({"calls": 1}, "full"), ({"bytes": 400}, "bytes")], ids=["full", "bytes"]
)
def test_what_does_not_fit_is_dropped_and_the_client_is_served(limit, why):
    """The newest first; clients get all of it."""
    honest = {"a": says(reply()), "b" * 999: says(reply())}
    slow = dict.fromkeys(honest, never_answers)
    with upstream.upstream(honest) as primary, upstream.upstream(slow) as candidate:
        with proxied(primary.url, candidate.url, deadline=0.05, **limit) as running:
            complete(running.url, "a")
            got = complete(running.url, "b" * 999)
        assert got == complete(primary.url, "b" * 999)
    found = running.book.snapshot()

    assert found["reasons"] == {"dropped": {why: 1}}
    assert (found["sampled"], found["pending"]) == (2, 1)


def test_a_dead_candidate_is_left_alone_after_a_while():
    """So many failures in a row, and nothing is sent any more; all of it is counted."""
    with upstream.upstream({"a": says(reply())}) as primary:
        with proxied(primary.url, nobody(), wanted={"at_once": 1}, breaker=3) as running:
            got = [complete(running.url, "a") for _ in range(8)]
        direct = complete(primary.url, "a")
    found = running.book.snapshot()

    assert got == [direct] * 8
    assert found["reasons"] == {"dropped": {"breaker": 5}, "error": {"ConnectionFailed": 3}}
