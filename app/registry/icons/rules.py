"""What an icon is: decided by decoding it, never by its name or what a client calls it."""

import io
import re
import struct
import zlib

from PIL import Image

from schemas.errors import IconRefused, InvalidField
from schemas.ids import new_id
from schemas.model.icons import IconKind, MediaType

MAX_BYTES = 1024 * 1024
MAX_SIDE = 4096
MAX_FRAMES = 256
# Over all frames, which bounds the time that decoding takes: as many as two of the largest still pictures have.
MAX_PIXELS = 2 * MAX_SIDE * MAX_SIDE
# A progressive JPEG is decoded once for each of its scans. Cameras and programs make about ten.
MAX_SCANS = 100
_SCAN = b"\xff\xda"

_NAMELESS = "default"
_LONGEST_FILE_NAME = 64
_PLUGIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
_ENGLISH_NAME = re.compile(r"[A-Za-z0-9 _.-]{1,50}")
_OBJECT_KEY = re.compile(r"[A-Za-z0-9._-]{1,200}")
_ODD = re.compile(r"[^A-Za-z0-9._-]")

# MPO is what cameras make of JPEG: several of them one after the other, the first of which is the picture.
_MEDIA_TYPES: dict[str | None, MediaType] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
# What the decoders raise for bytes that are no picture, or a broken one.
_UNDECODABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def inspect(picture: bytes) -> MediaType:
    """The type of a picture that decodes completely. Blocking, up to a second or two. Raises `IconRefused`."""
    try:
        with Image.open(io.BytesIO(picture), formats=["PNG", "JPEG", "WEBP", "GIF"]) as image:
            media_type = _MEDIA_TYPES[image.format]
            if media_type == "image/jpeg" and picture.count(_SCAN) > MAX_SCANS:
                raise IconRefused("upload_file", problem=f"it has more than {MAX_SCANS} scans")
            _decode(image, most_frames=1 if media_type == "image/jpeg" else MAX_FRAMES)
    except _UNDECODABLE as error:
        raise IconRefused("upload_file", problem="it does not decode as a picture of these formats") from error
    return media_type


def measure(picture: bytes) -> tuple[int, int]:
    """Width and height, in pixels, of a picture that `inspect` took."""
    with Image.open(io.BytesIO(picture), formats=["PNG", "JPEG", "WEBP", "GIF"]) as image:
        return image.size


def _decode(image: Image.Image, most_frames: int) -> None:
    pixels = 0
    for frame in range(most_frames):
        if frame and not _has_frame(image, frame):
            return
        width, height = image.size
        pixels += width * height
        if width > MAX_SIDE or height > MAX_SIDE:
            raise IconRefused(
                "upload_file", problem=f"it is larger than {MAX_SIDE} by {MAX_SIDE} pixels ({width} by {height})"
            )
        if pixels > MAX_PIXELS:
            raise IconRefused("upload_file", problem="its frames are too large together")
        image.load()
    if most_frames > 1 and _has_frame(image, most_frames):
        raise IconRefused("upload_file", problem=f"it has more than {most_frames} frames")


def _has_frame(image: Image.Image, frame: int) -> bool:
    try:
        image.seek(frame)
    except EOFError:
        return False
    return True


def checked_name(kind: IconKind, name: str) -> str:
    """The name of the plug-in, or the English name of the publisher, that the icon is for; empty: for none yet."""
    pattern, field = (_PLUGIN_NAME, "plugin_name") if kind is IconKind.PLUGIN else (_ENGLISH_NAME, "publisher_en_name")
    if name and not pattern.fullmatch(name):
        raise InvalidField(field, problem="Empty, or 1 to 50 of the characters that such a name may have")
    return name


def new_object_key(tenant_id: str, name: str, file_name: str) -> str:
    """A key never given before, which tells people whose icon it is and what file it was."""
    plain_file = _ODD.sub("_", file_name)[-_LONGEST_FILE_NAME:] or "icon"
    return f"{_ODD.sub('_', name) or _NAMELESS}-{new_id()}-{plain_file}-{tenant_id}"


def path(tenant_id: str, kind: IconKind, object_key: str) -> str:
    """How clients name the icon. Nothing in it needs percent-encoding."""
    return f"/api/v1/{tenant_id}/common/get-plugin-icon?object_key={object_key}&icon_type={kind}"


def is_object_key(text: str) -> bool:
    """Whether `text` has the form of an object key; it may still name nothing."""
    return _OBJECT_KEY.fullmatch(text) is not None
