from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from why502.facts.attempts import hidden_failures
from why502.model.requests import Manner, Phase, Request, Side
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.varnishlog import READER

RETRIED = """*   << Request  >> 2
-   Begin          req 1 rxreq
-   Timestamp      Start: 1795379743.000000 0.000000 0.000000
-   ReqStart       192.0.2.9 56738 a0
-   ReqMethod      GET
-   ReqURL         /orders?id=7
-   Link           bereq 3 pass
-   Link           bereq 4 retry
-   RespStatus     200
-   Timestamp      Resp: 1795379743.010000 0.010000 0.000030
-   End
**  << BeReq    >> 3
--  Begin          bereq 2 pass
--  FetchError     backend usual: fail errno 111 (Connection refused)
--  BerespStatus   503
--  End
*** << BeReq    >> 4
--- Begin          bereq 3 retry
--- BackendOpen    27 usual 10.0.0.7 8080 10.0.0.1 38910 connect
--- Timestamp      Bereq: 1795379743.004000 0.004000 0.000000
--- Timestamp      Beresp: 1795379743.009000 0.009000 0.005000
--- BerespStatus   200
--- End
"""


def read(content: bytes) -> Reading:
    return READER.read(EvidenceFile("varnish.log", lambda: io.BytesIO(content)))


def test_a_retry_inside_of_varnish_hides_a_failure() -> None:
    """The client got a 200 from the second transaction; the first one's connect was refused."""
    (request,) = read(RETRIED.encode()).facts
    assert isinstance(request, Request)
    assert (request.status, request.side, request.manner) == (200, Side.TARGET, None)
    assert (request.client, request.target, request.group, request.path) == (
        "192.0.2.9:56738", "10.0.0.7:8080", "usual", "/orders"
    )  # fmt: skip
    assert (request.start_s, request.total_s, request.wait_s) == (1795379743.0, 0.01, 0.005)
    assert [(each.phase, each.manner) for each in hidden_failures(request)] == [(Phase.CONNECT, Manner.REFUSED)]


REFUSED = """*   << Request  >> 2
-   Begin          req 1 rxreq
-   Timestamp      Start: 1795379743.000000 0.000000 0.000000
-   ReqMethod      GET
-   ReqURL         /orders
-   Link           bereq 3 pass
-   RespStatus     503
-   End
**  << BeReq    >> 3
--  Begin          bereq 2 pass
--  VCL_call       BACKEND_FETCH
--  FetchError     backend usual: fail errno 111 (Connection refused)
--  Timestamp      Error: 1795379743.004000 0.004000 0.000000
--  BerespStatus   503
--  VCL_call       BACKEND_ERROR
--  Timestamp      Beresp: 1795379743.004000 0.004000 0.000000
--  BereqAcct      0 0 0 0 0 0
--  End
"""
ANSWERED = REFUSED.replace("BACKEND_ERROR", "BACKEND_RESPONSE").replace("0 0 0 0 0 0", "123 0 123 97 15 112")


def without(text: str, *words: str) -> bytes:
    return "".join(line for line in text.splitlines(True) if not any(word in line for word in words)).encode()


def test_its_own_503_is_not_the_targets_though_the_error_was_lost() -> None:
    """Varnish writes its own status, and that it has an answer, in the words that it has for the target's."""
    (request,) = read(without(REFUSED, "FetchError", "VCL_call")).facts
    assert isinstance(request, Request)
    assert (request.side, request.phase, request.manner) == (Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    assert request.target_status is None


def test_a_503_of_the_target_is_known_by_what_came() -> None:
    """By the bytes of its header, or by the subroutine that handles answers."""
    for lost in ("VCL_call", "BereqAcct"):
        (request,) = read(without(ANSWERED, "FetchError", lost)).facts
        assert isinstance(request, Request)
        assert (request.side, request.manner, request.target_status) == (Side.TARGET, Manner.ANSWERED, 503)


def test_a_transaction_that_lost_its_end_does_not_take_the_next_ones_records() -> None:
    """The records of the backend's transaction, whose head is lost too, have more dashes."""
    (request,) = read(without(REFUSED, "-   End", "<< BeReq")).facts
    assert isinstance(request, Request)
    assert (request.status, request.manner) == (503, Manner.UNKNOWN)


def test_every_line_is_a_record_or_not_understood() -> None:
    """Each line counts, also in front of the first transaction."""
    told = read(b"nonsense\n\n" + RETRIED.encode() + b"-   no tag\n").input
    assert (told.kind, told.records, told.not_understood) == ("varnish-log", 23, 2)
    assert [str(misread.at) for misread in told.first_not_understood] == ["varnish.log:1", "varnish.log:26"]


def test_only_transactions_make_it_varnishs() -> None:
    """A list of dashes is in many texts."""
    assert READER.fit(RETRIED.encode()) == 1.0
    assert READER.fit(b"-   Begin          req 1 rxreq\n" * 5) == 0.0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(RETRIED.encode().splitlines()), st.binary(max_size=40).map(lambda b: b.replace(b"\n", b""))
        ),
        max_size=40,
    )
)
def test_any_bytes_give_facts_or_counts(found: list[bytes]) -> None:
    """understood + not understood = lines that are not empty."""
    told = read(b"\n".join(found)).input
    texts = b"\n".join(found).decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
    assert told.records + told.not_understood == sum(bool(text.rstrip("\r").strip("\0 \t")) for text in texts)
