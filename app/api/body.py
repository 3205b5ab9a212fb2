"""Request bodies: JSON, decoded strictly and in one step into the type that the handler names."""

import re
from collections.abc import Generator
from typing import Any

import msgspec
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from schemas.errors import InvalidField, MalformedBody, MissingField, RegistryError

_PLACE = re.compile(r"(?P<problem>.*) - at `(?:key in )?\$\.?(?P<field>[^`]*)`", re.DOTALL)
# Escapes behind which a character may hide that PostgreSQL does not take, or that is none.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNUSABLE = re.compile(r"[\x00\ud800-\udfff]")

_decoders: dict[str, msgspec.json.Decoder[Any]] = {}


class WireDTO(AbstractDTO[Any]):  # its abstract methods speak of fields, which are msgspec's business
    """Lets msgspec decode the body, and says which field is at fault when it cannot.

    Raises `InvalidField` where a field is, and `MalformedBody` where the text is no JSON or no object of the kind.
    """

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's `data`."""
        return decode(_decoders[self.asgi_connection.route_handler.handler_id], value)

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: type[Any] | None = None,  # noqa: ARG003
    ) -> None:
        """Makes the decoder once, when the application starts."""
        # As it was written: Litestar's own reading of it is without the bounds of a list.
        _decoders[handler_id] = msgspec.json.Decoder(field_definition.raw)

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003
        schema_creator: Any,
    ) -> Reference | Schema:
        """The schema of the type itself."""
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003
        """Every type that msgspec decodes."""
        return True

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:  # noqa: ARG003
        """None."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003
        """Never."""
        return False


def decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The value that `body` holds. Raises `InvalidField` or `MalformedBody`."""
    try:
        value = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedBody(problem="it is no JSON in UTF-8") from error
    except RecursionError as error:
        raise MalformedBody(problem="it is nested too deeply") from error
    if _SUSPICIOUS.search(body):
        _check_text(msgspec.to_builtins(value), "")
    return value


def _refusal(message: str) -> RegistryError:
    match = _PLACE.fullmatch(message)
    if match is None:
        return _missing_or(message) or MalformedBody(problem=message)
    return _missing_or(match["problem"], match["field"]) or InvalidField(match["field"], problem=match["problem"])


def _missing_or(problem: str, parent: str = "") -> RegistryError | None:
    match = re.fullmatch(r"Object missing required field `(?P<name>.*)`", problem)
    if match is None:
        return None
    return MissingField(f"{parent}.{match['name']}".lstrip("."))


def _check_text(value: Any, path: str) -> None:
    if isinstance(value, str):
        if _UNUSABLE.search(value):
            raise InvalidField(path or None, problem="The text holds a NUL or half a character")
    elif isinstance(value, dict):
        for name, each in value.items():
            _check_text(name, path)
            _check_text(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            _check_text(each, f"{path}[{place}]")
