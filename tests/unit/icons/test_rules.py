"""What is an icon: whatever decodes as one, within bounds, and nothing else."""

import io
import random
import zlib

import pytest
from PIL import Image

from app.registry.icons import rules
from schemas.errors import IconRefused, InvalidField
from schemas.ids import is_id
from schemas.model.icons import IconKind

_TENANT = "0" * 31 + "1"
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


def picture(encoding: str, size: tuple[int, int] = (16, 9), *, frames: int = 1, progressive: bool = False) -> bytes:
    """A picture whose frames differ from each other."""
    images = [Image.new("L", size, frame % 256) for frame in range(frames)]
    target = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(target, encoding, progressive=progressive, **more)
    return target.getvalue()


@pytest.mark.parametrize(("encoding", "media_type"), _FORMATS.items())
def test_the_four_formats_are_taken(encoding: str, media_type: str) -> None:
    assert media_type == rules.inspect(picture(encoding))


@pytest.mark.parametrize("encoding", ["PNG", "WEBP", "GIF"])
def test_animations_are_taken(encoding: str) -> None:
    assert _FORMATS[encoding] == rules.inspect(picture(encoding, frames=3))


@pytest.mark.parametrize("encoding", _FORMATS)
def test_a_picture_that_ends_early_is_refused(encoding: str) -> None:
    whole = picture(encoding, (64, 64))
    with pytest.raises(IconRefused):
        rules.inspect(whole[: len(whole) * 2 // 3])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html></html>",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(IconRefused, match=r"^upload_file: "):
        rules.inspect(content)


@pytest.mark.parametrize("encoding", ["BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(encoding: str) -> None:
    with pytest.raises(IconRefused):
        rules.inspect(picture(encoding))


@pytest.mark.parametrize("encoding", _FORMATS)
@pytest.mark.parametrize("size", [(4097, 1), (1, 4097)])
def test_a_picture_longer_than_4096_pixels_is_refused(encoding: str, size: tuple[int, int]) -> None:
    with pytest.raises(IconRefused, match="larger than 4096 by 4096"):
        rules.inspect(picture(encoding, size))


def test_a_small_file_cannot_inflate_to_a_huge_picture() -> None:
    header = (30_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4) for kind, body in chunks
    )
    with pytest.raises(IconRefused):
        rules.inspect(bomb)


def test_an_animation_has_at_most_256_frames() -> None:
    assert rules.inspect(picture("GIF", (4, 4), frames=256)) == "image/gif"
    with pytest.raises(IconRefused, match="more than 256 frames"):
        rules.inspect(picture("GIF", (4, 4), frames=257))


def test_the_frames_of_an_animation_are_not_large_together() -> None:
    with pytest.raises(IconRefused, match="too large together"):
        rules.inspect(picture("GIF", (4096, 4096), frames=3))


def test_a_jpeg_has_at_most_100_scans() -> None:
    whole = picture("JPEG", progressive=True)
    assert rules.inspect(whole) == "image/jpeg"
    with pytest.raises(IconRefused, match="more than 100 scans"):
        rules.inspect(whole[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" * 101 + whole[-2:])


def test_damaged_pictures_are_taken_or_refused_and_nothing_else() -> None:
    chance = random.Random(7)
    wholes = [picture(encoding, frames=frames) for encoding in ("PNG", "WEBP", "GIF") for frames in (1, 3)]
    wholes += [picture("JPEG"), picture("JPEG", progressive=True)]
    for _ in range(2000):
        damaged = bytearray(chance.choice(wholes))
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 255, chance.randrange(256)])
        try:
            assert rules.inspect(bytes(damaged)) in _FORMATS.values()
        except IconRefused:
            continue


def test_an_object_key_tells_the_name_the_file_and_the_account() -> None:
    name, _, rest = rules.new_object_key(_TENANT, "apie_test", "2023-08-03 1.png").partition("-")
    assert name == "apie_test"
    assert is_id(rest[:32])
    assert rest[32:] == f"-2023-08-03_1.png-{_TENANT}"


@pytest.mark.parametrize(
    ("file_name", "kept"),
    [
        ("a.png", "a.png"),
        ("", "icon"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ('x"&icon_type=y.png', "x__icon_type_y.png"),
        ("图标.png", "__.png"),
        ("x" * 100 + ".png", "x" * 60 + ".png"),
    ],
)
def test_a_file_name_becomes_plain(file_name: str, kept: str) -> None:
    key = rules.new_object_key(_TENANT, "", file_name)
    assert key.startswith("default-")
    assert key.endswith(f"-{kept}-{_TENANT}")
    assert rules.is_object_key(key)


def test_the_longest_object_key_is_one() -> None:
    assert rules.is_object_key(rules.new_object_key(_TENANT, "x" * 50, "y" * 300))


@pytest.mark.parametrize(
    ("kind", "field"), [(IconKind.PLUGIN, "plugin_name"), (IconKind.PUBLISHER, "publisher_en_name")]
)
@pytest.mark.parametrize("name", ["a/b", "x" * 51, "名", "a&b"])
def test_a_name_that_nothing_can_have_is_refused(kind: IconKind, field: str, name: str) -> None:
    with pytest.raises(InvalidField) as refused:
        rules.checked_name(kind, name)
    assert refused.value.field == field
