"""Uploads against a model of them: chunks, completions, crashes and failures in any order, by both doors, in two processes.

After each step what the model holds for acknowledged is there, byte for byte; in the end every upload that is not over goes on
to success, each merged file is there once, and the store holds what rows refer to and nothing else.

With `HYPOTHESIS_PROFILE=long` it runs longer, and other examples each time.
"""

import asyncio
import hashlib
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule, run_state_machine_as_test

from app.settings import Settings
from app.wiring import Wiring, wired
from schemas.errors import (
    ChunkDigestWrong,
    ChunkRefused,
    ChunksMissing,
    FileDigestWrong,
    ServiceBusy,
    StorageUnavailable,
    UploadMovedOn,
)
from schemas.model.uploads import FormChunk, Upload
from storage.postgres.embedded import Urls
from tests.builders import a_vsix
from tests.contract.uploads.world import CHUNK, CutError, World, body, sha256

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
BOUNDS = settings(
    max_examples=200 if LONG else 40,
    stateful_step_count=50 if LONG else 25,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

GIVEN_UP = {"aborted", "expired"}
GOOD, BAD = ("right", "other", "another"), ("wrong digest", "empty", "long", "cut", "number 0", "one too many")

services = st.integers(0, 1)
numbers = st.integers(1, 3)
promises = st.sampled_from(["MD5", "SHA-256", "nothing"])
pauses = st.sampled_from([0, 0.001, 0.01, 0.03])
failures = st.none() | st.sampled_from(["before", "after"])


def a_file(form: bool, chunks: int, seed: int) -> list[bytes]:
    """An honest archive in so many chunks; forms may have small ones."""
    size = 500 if form else CHUNK
    noise = random.Random(seed).randbytes(size * (chunks - 1) + 100)
    content = a_vsix(files={"extension/data.bin": noise})
    if form:
        size = -(-len(content) // chunks)
    return [content[at : at + size] for at in range(0, len(content), size)]


@dataclass
class Model:
    """What must be true of an upload."""

    id: str
    is_form: bool
    name: str
    pieces: list[bytes]
    promised: str | None
    chunks: dict[int, bytes] = field(default_factory=dict)
    state: str = "receiving"
    sent: bool = True
    """False where the bytes were there already."""
    is_old: bool = False
    """Whether its day was over once; newer chunks may have come since."""

    @property
    def content(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def is_complete(self) -> bool:
        return len(self.chunks) == len(self.pieces)

    @property
    def whole(self) -> bytes:
        return b"".join(self.chunks[number] for number in sorted(self.chunks))

    @property
    def is_wrong(self) -> bool:
        """Whether the chunks make another file than was promised."""
        return self.promised is not None and sha256(self.whole) != self.promised

    def data(self, number: int, which: str) -> bytes:
        """The bytes that are sent as that chunk."""
        right = self.pieces[number - 1]
        return {
            "other": bytes(len(right)),
            "another": b"\x01" * len(right),
            "empty": b"",
            "long": self.content + b"more",
        }.get(which, right)


class Uploading(RuleBasedStateMachine):
    """Drives uploads by every use-case there is."""

    portal: ClassVar[BlockingPortal]
    wiring: ClassVar[Wiring]
    urls: ClassVar[Urls]

    begun: Bundle[Model] = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.world: World = self.run(lambda: World.open(self.wiring, self.urls))
        self.services = [self.world.another(), self.world.another()]
        self.models: list[Model] = []
        self.proven: set[str] = set()
        self.step = 0

    def run(self, call: Callable[[], Any]) -> Any:
        """Runs a coroutine to its end."""
        return self.portal.call(call)

    def at_once(self, calls: Iterable[Any]) -> list[Any]:
        """The outcomes of coroutines that were begun at once."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*calls, return_exceptions=True)

        outcomes: list[Any] = self.run(gather)
        self.world.store.fail.clear()
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, EXPECTED):
                raise outcome
        return outcomes

    def one(self, call: Any) -> Any:
        [outcome] = self.at_once([call])
        return outcome

    # -- what clients do -----------------------------------------------------------------------------------------------

    @rule(
        target=begun,
        chunks=numbers,
        seed=st.integers(0, 1),
        promise=st.sampled_from(["right", "right", "wrong"]),
        by=services,
        failure=failures,
        again=st.booleans(),
    )
    def begin(self, chunks: int, seed: int, promise: str, by: int, failure: str | None, again: bool) -> Any:
        """Announces a file, twice under one key where a reply is lost."""
        pieces = a_file(False, chunks, seed)
        content = b"".join(pieces)
        promised = sha256(content if promise == "right" else content + b"?")
        self.step += 1
        new = self.world.new(content, sha256=promised)
        key = f"key {self.step}" if again else None
        known = promised in self.proven
        if failure and not known:
            self.world.store.fail["assemble"] = failure
            assert isinstance(self.one(self.services[by].create(self.world.caller, new, key)), StorageUnavailable)
            if not again:
                return multiple()
        receipts = [
            self.one(self.services[each].create(self.world.caller, new, key))
            for each in ([by, 1 - by] if again else [by])
        ]
        upload = receipts[0].upload
        assert {receipt.upload.id for receipt in receipts} == {upload.id}
        assert receipts[0].already_stored is known
        model = Model(upload.id, False, new.file_name, pieces, promised)
        if known:
            model.state, model.sent = "checking", False
            model.chunks = dict(enumerate(pieces, 1))
        self.models.append(model)
        self.settle(model)
        return model

    @rule(
        target=begun,
        chunks=numbers,
        first=numbers,
        seed=st.integers(0, 1),
        promise=st.sampled_from(["right", "wrong", "none"]),
        which=st.sampled_from([*GOOD, *BAD]),
        by=services,
        failure=failures,
    )
    def begin_form(
        self, chunks: int, first: int, seed: int, promise: str, which: str, by: int, failure: str | None
    ) -> Any:
        """Sends the first chunk of a form without a task."""
        pieces = a_file(True, chunks, seed)
        content = b"".join(pieces)
        promised = {"right": sha256(content), "wrong": sha256(content + b"?"), "none": None}[promise]
        self.step += 1
        model = Model("", True, f"{self.step}.vsix", pieces, promised)
        if failure:
            self.world.store.fail["put_part"] = failure
        number = min(first, chunks)
        outcome = self.one(self.sending(model, number, which, by, "MD5"))
        if which in BAD or failure:
            assert isinstance(outcome, EXPECTED)
            return multiple()
        model.id = outcome.task_id
        self.models.append(model)
        self.settle(model, {number: {model.data(number, which)}})
        return model

    def sending(self, model: Model, number: int, which: str, by: int, promise: str, pause: float = 0) -> Any:
        """The call that sends a chunk, with a pause (seconds) in its middle."""
        data = model.data(number, which)
        wrong = "wrong digest" if which == "wrong digest" else ""
        number = {"number 0": 0, "one too many": len(model.pieces) + 1}.get(which, number)
        md5, digest = hashlib.md5(data + wrong.encode()).hexdigest(), sha256(data + wrong.encode())
        stream = body(data, cut=which == "cut", pause=pause)
        caller = self.world.caller
        if model.is_form:
            told = FormChunk(
                chunk_index=number,
                total_chunk_num=len(model.pieces),
                chunk_md5=md5,
                parent_file_name=model.name,
                parent_file_size=len(model.content),
                parent_file_sha256=model.promised,
                task_id=model.id or None,
                publisher_id=self.world.publisher_id,
            )
            return self.services[by].add_form_chunk(caller, told, stream, most=len(data) + 500)
        if wrong and promise == "nothing":
            promise = "MD5"
        said = len(data) if number % 2 else None  # as with a Content-Length, and as without one
        promised = {"MD5": {"md5": md5}, "SHA-256": {"sha256": digest}, "nothing": {}}[promise]
        return self.services[by].add_chunk(caller, model.id, number, stream, length=said, **promised)

    @rule(
        model=begun,
        number=numbers,
        which=st.sampled_from(["right", *GOOD]),
        by=services,
        promise=promises,
        failure=failures,
        times=st.integers(1, 2),
    )
    def send(
        self, model: Model, number: int, which: str, by: int, promise: str, failure: str | None, times: int
    ) -> None:
        """Sends a chunk, once more where the reply was lost."""
        number = min(number, len(model.pieces))
        data = model.data(number, which)
        for _ in range(times):
            if failure:
                self.world.store.fail["put_part"] = failure
            outcome = self.one(self.sending(model, number, which, by, promise))
            if model.state in GIVEN_UP or (model.state != "receiving" and not model.sent):
                assert isinstance(outcome, UploadMovedOn)
            elif model.state != "receiving":
                refused, is_same = isinstance(outcome, UploadMovedOn), data == model.chunks[number]
                assert refused or is_same
                assert not (
                    refused and is_same and model.is_form
                )  # our own door knows no digest where none was promised
            elif isinstance(outcome, Exception):
                assert failure
                assert isinstance(outcome, StorageUnavailable)
            self.settle(model, {} if isinstance(outcome, Exception) else {number: {data}})

    @rule(model=begun, by=services)
    def send_what_is_missing(self, model: Model, by: int) -> None:
        """Sends every chunk that is not there."""
        if model.state == "receiving":
            for number in range(1, len(model.pieces) + 1):
                if number not in model.chunks:
                    assert not isinstance(self.one(self.sending(model, number, "right", by, "MD5")), Exception)
                    self.settle(model, {number: {model.pieces[number - 1]}})

    @rule(model=begun, number=numbers, which=st.sampled_from(BAD), by=services, promise=promises)
    def send_what_is_wrong(self, model: Model, number: int, which: str, by: int, promise: str) -> None:
        """Sends a chunk that cannot be taken."""
        outcome = self.one(self.sending(model, min(number, len(model.pieces)), which, by, promise))
        if model.state in GIVEN_UP:
            # A place that was kept for the chunk before the upload ended is where it goes, so its own faults are told first.
            assert isinstance(outcome, UploadMovedOn | ChunkRefused | ChunkDigestWrong | CutError)
        elif model.state == "receiving":
            problem = {"cut": CutError, "wrong digest": ChunkDigestWrong}.get(which, ChunkRefused)
            assert isinstance(outcome, problem) or (which == "long" and isinstance(outcome, Exception))
        else:
            assert isinstance(outcome, Exception)
        self.settle(model)

    @rule(
        model=begun,
        attempts=st.lists(
            st.tuples(numbers, st.sampled_from(GOOD), services, promises, pauses), min_size=2, max_size=5
        ),
        completions=st.integers(0, 2),
        abort=st.sampled_from([False, False, False, True]),
    )
    def race(
        self, model: Model, attempts: list[tuple[int, str, int, str, float]], completions: int, abort: bool
    ) -> None:
        """Sends several chunks at once, fast and slowly, also several of one number, while others complete or give up."""
        attempts = [(min(number, len(model.pieces)), *rest) for number, *rest in attempts]  # type: ignore[misc]
        calls = [self.sending(model, *attempt) for attempt in attempts]
        calls += [self.services[each % 2].complete(self.world.caller, model.id) for each in range(completions)]
        calls += [self.services[0].abort(self.world.caller, model.id)] if abort else []
        outcomes = self.at_once(calls)
        acknowledged: dict[int, set[bytes]] = {}
        for (number, which, *_), outcome in zip(attempts, outcomes, strict=False):
            if not isinstance(outcome, Exception):
                acknowledged.setdefault(number, set()).add(model.data(number, which))
        after = {model.state}
        if model.state in ("receiving", "joining"):
            after |= {"aborted"} if abort else set()
            after |= {"checking", "receiving"} if completions else set()
        if model.state == "failed" and completions:
            after = {"checking"}
        if abort and not isinstance(outcomes[-1], Exception):
            after = GIVEN_UP
        self.settle(model, acknowledged, after)

    @rule(
        model=begun,
        by=services,
        at_once=st.sampled_from([1, 1, 2, 3]),
        key=st.booleans(),
        failing=st.none() | st.sampled_from(["join", "digest", "discard", "stat", "take_apart"]),
        when=st.sampled_from(["before", "after"]),
    )
    def complete(self, model: Model, by: int, at_once: int, key: bool, failing: str | None, when: str) -> None:
        """Completes the upload, several times at once; and once more where the storage failed."""

        def calls() -> list[Any]:
            caller, name = self.world.caller, f"complete {model.id}" if key else None
            return [self.services[(by + each) % 2].complete(caller, model.id, name) for each in range(at_once)]

        if failing:
            self.world.store.fail[failing] = when
            outcomes = self.at_once(calls())
            if any(isinstance(outcome, StorageUnavailable) for outcome in outcomes):
                after = {"receiving", "joining", "checking"} - ({"receiving"} if not model.is_wrong else set())
                self.settle(model, after=after)
            else:
                self.judge(model, outcomes)
        self.judge(model, self.at_once(calls()))

    def judge(self, model: Model, outcomes: list[Any]) -> None:
        """What completing must lead to."""
        if model.state in GIVEN_UP:
            assert all(isinstance(outcome, UploadMovedOn) for outcome in outcomes)
            self.settle(model)
        elif model.state in ("receiving", "joining") and not model.is_complete:
            missing = [str(number) for number in range(1, len(model.pieces) + 1) if number not in model.chunks]
            for outcome in outcomes:
                assert isinstance(outcome, ChunksMissing)
                assert outcome.facts["missing"] in (", ".join(missing), f"{missing[0]}-{missing[-1]}")
            self.settle(model)
        elif model.state in ("receiving", "joining") and model.is_wrong:
            assert all(isinstance(outcome, FileDigestWrong) for outcome in outcomes), outcomes
            self.settle(model, after={"receiving"})
        else:
            after = {"receiving": "checking", "joining": "checking", "failed": "checking"}.get(model.state, model.state)
            assert [outcome.state for outcome in outcomes] == [after] * len(outcomes)
            self.settle(model, after={after})

    @rule(model=begun, by=services, failure=failures)
    def abort(self, model: Model, by: int, failure: str | None) -> None:
        """Gives the upload up, also one that was left while it was joined."""
        if failure:
            self.world.store.fail["discard"] = failure
        outcome = self.one(self.services[by].abort(self.world.caller, model.id))
        if model.state in ("receiving", "joining"):
            self.settle(model, after={"aborted"})
            assert outcome.state == "aborted"
        elif model.state in GIVEN_UP:
            self.settle(model)
            assert outcome.state == model.state
        else:
            assert isinstance(outcome, UploadMovedOn)
            self.settle(model)

    # -- what happens by itself ----------------------------------------------------------------------------------------

    @rule(model=begun, by=services)
    def expire(self, model: Model, by: int) -> None:
        """Nothing comes for a day. Whatever a dead joiner left is joined at the same occasion."""
        shown = self.show(model)
        self.run(lambda: self.world.grow_old(shown))
        self.run(self.services[by].expire)
        for each in self.models:
            after = {each.state}
            if each.state == "joining":
                after = {"receiving"} if each.is_wrong else {"checking"}
            elif each.state == "receiving" and each is model:
                after = {"expired"}
            elif each.state == "receiving" and each.is_old:
                after = {"receiving", "expired"}
            self.settle(each, after=after)
        model.is_old = True

    @rule(model=begun)
    def die_over_joining(self, model: Model) -> None:
        """Somebody begins to join, and is heard of no more."""
        if model.state == "receiving" and model.is_complete:
            shown = self.show(model)
            self.run(lambda: self.world.claim(shown))
            self.settle(model, after={"joining"})

    @rule(model=begun, by=services, at_once=st.integers(1, 2))
    def inspect(self, model: Model, by: int, at_once: int) -> None:
        """The job runs, perhaps twice at once."""
        tenant = self.world.caller.tenant_id
        outcomes = self.at_once(self.services[(by + each) % 2].inspect(tenant, model.id) for each in range(at_once))
        assert None in outcomes
        assert all(outcome is None or isinstance(outcome, ServiceBusy) for outcome in outcomes)
        if model.state == "checking":
            self.proven.add(sha256(model.whole))
            self.settle(model, after={"accepted" if model.whole == model.content else "refused"})
        else:
            self.settle(model)

    @rule(model=begun, by=services)
    def give_up_inspection(self, model: Model, by: int) -> None:
        """The job could not be done."""
        self.one(self.services[by].give_up_inspection(self.world.caller.tenant_id, model.id, "told so by a test"))
        self.settle(model, after={"failed"} if model.state == "checking" else None)

    @rule(which=services)
    def restart(self, which: int) -> None:
        """A process ends and another one begins, which remembers nothing."""
        self.services[which] = self.world.another()

    # -- what must be true ---------------------------------------------------------------------------------------------

    def show(self, model: Model) -> Upload:
        shown: Upload = self.run(lambda: self.services[0].show(self.world.caller, model.id))
        return shown

    def settle(
        self, model: Model, acknowledged: dict[int, set[bytes]] | None = None, after: set[str] | None = None
    ) -> None:
        """Each chunk is one of those that were acknowledged just now, or else what it was; and the state is one of `after`, or
        else what it was."""
        shown = self.show(model)
        assert shown.state in (after or {model.state})
        if shown.state not in GIVEN_UP and model.sent:
            there = self.contents(model, shown)
            assert shown.received == sorted(there)
            for number in range(1, len(model.pieces) + 1):
                before = {model.chunks[number]} if number in model.chunks else {None}
                assert there.get(number) in ((acknowledged or {}).get(number) or before), f"chunk {number}"
            model.chunks = there
        model.state = shown.state

    def contents(self, model: Model, shown: Upload) -> dict[int, bytes]:
        """The bytes of each chunk, out of the file where it is joined."""
        if shown.found_sha256 is None:
            chunks: dict[int, bytes] = self.run(lambda: self.world.chunks(shown))
            return chunks

        async def read() -> bytes:
            kept = await self.world.kept()
            return await self.world.read(kept[shown.found_sha256 or ""])

        whole: bytes = self.run(read)
        assert sha256(whole) == shown.found_sha256
        assert model.promised in (None, shown.found_sha256)
        ends = [sum(map(len, model.pieces[:number])) for number in range(len(model.pieces) + 1)]
        return {number: whole[ends[number - 1] : ends[number]] for number in range(1, len(model.pieces) + 1)}

    def teardown(self) -> None:
        """Every upload that is not over goes on to success; then the store holds what rows refer to, each file once."""
        try:
            for model in self.models:
                self.bring_to_an_end(model)
            self.run(self.world.collect)
            accepted = {sha256(model.whole) for model in self.models if model.state == "accepted"}
            kept = self.run(self.world.kept)
            assert set(kept) == accepted
            assert self.run(self.world.keys) == set(kept.values())
            for model in self.models:
                joined = model.sent and model.state not in GIVEN_UP
                shown = self.show(model)
                assert self.run(lambda: self.world.audited(shown, "upload.joined")) == joined  # noqa: B023
        finally:
            self.run(self.world.close)

    def bring_to_an_end(self, model: Model) -> None:
        if model.state == "joining":
            self.complete(model, 0, 1, False, None, "")
        if model.state == "receiving":
            for number, right in enumerate(model.pieces, 1):
                if model.chunks.get(number) != right:
                    self.send(model, number, "right", 0, "MD5", None, 1)
            self.complete(model, 0, 1, False, None, "")
        if model.state == "receiving":  # the promise is wrong, and no bytes can keep it
            assert model.is_wrong
            self.abort(model, 0, None)
        if model.state == "failed":
            self.complete(model, 0, 1, False, None, "")
        self.inspect(model, 0, 1)
        assert model.state in ("accepted", "refused", *GIVEN_UP)


EXPECTED = (
    ChunkDigestWrong,
    ChunkRefused,
    ChunksMissing,
    CutError,
    FileDigestWrong,
    ServiceBusy,
    StorageUnavailable,
    UploadMovedOn,
)


def test_uploads_do_what_their_model_does(quiet: Urls, quiet_settings: Settings) -> None:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(wired(quiet_settings)) as wiring:

        class Machine(Uploading):
            """Over this test's database and directory."""

        Machine.portal, Machine.wiring, Machine.urls = portal, wiring, quiet
        run_state_machine_as_test(Machine, settings=BOUNDS)
