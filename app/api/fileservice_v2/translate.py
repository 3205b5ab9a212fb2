"""From the texts of a form to a chunk, and from what became of it to the contract's envelope."""

from collections.abc import Mapping

import msgspec

from app.api.body import decode
from schemas.errors import InvalidField
from schemas.model.uploads import FormChunk, FormReceipt
from schemas.wire import fileservice_v2 as wire

_FIELDS = msgspec.structs.fields(wire.ChunkForm)
TEXTS = frozenset(each.name for each in _FIELDS)
"""The text parts that mean something here."""

_NUMBERS = frozenset({"chunk_index", "total_chunk_num", "parent_file_size"})
_BOOLEANS = frozenset({"merge", "override"})
_TRUTH = {"true": True, "false": False}
_LONGEST_NUMBER = 19  # digits; more than any number here may have
_DECODER = msgspec.json.Decoder(wire.ChunkForm)


def to_chunk(texts: Mapping[str, str]) -> FormChunk:
    """The chunk that the text parts before the file tell of. Raises `InvalidField`, naming the part at fault."""
    told = {name: _value(name, text) for name, text in texts.items() if text}
    for each in _FIELDS:
        if each.required and each.name not in told:
            raise InvalidField(each.name, problem="A value is required, in a text part that comes before the part file")
    form: wire.ChunkForm = decode(_DECODER, msgspec.json.encode(told))  # as strictly as a JSON body
    if form.chunk_index > form.total_chunk_num:
        raise InvalidField("chunk_index", problem=f"There are only {form.total_chunk_num} chunks (total_chunk_num)")
    return FormChunk(
        chunk_index=form.chunk_index,
        total_chunk_num=form.total_chunk_num,
        chunk_md5=form.chunk_md5.lower(),
        parent_file_name=form.parent_file_name,
        parent_file_size=form.parent_file_size,
        parent_file_sha256=form.parent_file_sha256.lower() if form.parent_file_sha256 else None,
        override=form.override,
        merge=form.merge,
        task_id=form.task_id,
        publisher_id=form.publisher_id,
    )


def to_answer(receipt: FormReceipt) -> wire.ChunkAnswer:
    """The address tells how the merged file fares; until then there is nothing to look at."""
    return wire.ChunkAnswer(
        result=wire.ChunkTaken(
            task_id=receipt.task_id,
            chunk_index=receipt.chunk_index,
            merged=receipt.merged,
            file_name=receipt.file_name,
            url=f"/plugport/v1/uploads/{receipt.task_id}" if receipt.merged else "",
        )
    )


def _value(name: str, text: str) -> object:
    if name in _NUMBERS:
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise InvalidField(name, problem="A whole number is required")
        return int(text)
    if name in _BOOLEANS:
        if (value := _TRUTH.get(text.lower())) is None:
            raise InvalidField(name, problem="true or false is required")
        return value
    return text
