"""The texts and numbers that outsiders may send, each with its bound.

Every text that is stored or searched by is one of these, so no request can bring a NUL (PostgreSQL takes none) or
a text without end. The patterns are valid ECMA-262 and Python alike. `(?!\\n)$` stands at the end of a pattern of one
line because `$` alone lets Python take a trailing newline.
"""

from typing import Annotated, Literal

from msgspec import Meta

_LINE = r"^[^\x00-\x1f\x7f]*(?!\n)$"
_LINE_NOT_EMPTY = r"^[^\x00-\x1f\x7f]+(?!\n)$"
_TEXT = r"^[^\x00]*$"

# --- names the contract gives a pattern ---------------------------------------------------------------------------

PluginName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,50}(?!\n)$", max_length=50, description="Letters, digits, `_`, `-`; 1 to 50.")
]
DisplayName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9\u4e00-\u9fa5 _.-]{1,50}(?!\n)$",
        max_length=50,
        description="Chinese characters, ASCII letters, digits, blank, `_`, `.`, `-`; 1 to 50.",
    ),
]
EnglishName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9 _.-]{1,50}(?!\n)$",
        max_length=50,
        description="ASCII letters, digits, blank, `_`, `.`, `-`; 1 to 50. The contract only says English.",
    ),
]

# --- texts the contract leaves open; the bounds are ours ----------------------------------------------------------

Id = Annotated[str, Meta(pattern=_LINE_NOT_EMPTY, min_length=1, max_length=64, description="Any non-empty identifier.")]
IdOrEmpty = Annotated[str, Meta(pattern=_LINE, max_length=64, description="An identifier, or empty for none.")]
Name = Annotated[str, Meta(pattern=_LINE_NOT_EMPTY, min_length=1, max_length=128, description="One line, 1 to 128.")]
Label = Annotated[str, Meta(pattern=_LINE, max_length=128, description="One line for people, up to 128.")]
Code = Annotated[str, Meta(pattern=_LINE, max_length=64, description="A short word of one line, or empty.")]
SearchText = Annotated[str, Meta(pattern=_LINE, max_length=200, description="What to search for; empty finds all.")]
VersionNumber = Annotated[
    str, Meta(pattern=_LINE, max_length=128, description="A SemVer 2 number, or empty where no version is meant.")
]
Address = Annotated[str, Meta(pattern=_LINE, max_length=1024, description="A URL, path or mail address; may be empty.")]
Description = Annotated[str, Meta(pattern=_TEXT, max_length=4096, description="Free text of several lines.")]
Maintainers = Annotated[
    str, Meta(pattern=_LINE, max_length=4096, description="A JSON array of user ids inside a text, or empty.")
]
LongText = Annotated[
    str, Meta(pattern=_TEXT, max_length=65_536, description="A default value, a layout, a rule; several lines.")
]
Pattern = Annotated[str, Meta(pattern=_TEXT, max_length=1024, description="A regular expression or its message.")]
Length = Annotated[int, Meta(ge=0, le=2_147_483_647, description="A number of characters.")]
FileName = Annotated[
    str,
    Meta(
        pattern=r"^(?!\.{1,2}$)[^\x00-\x1f\x7f/\\]{1,255}(?!\n)$",
        max_length=255,
        description="The name of a file without a path: 1 to 255, no `/`, `\\` or control character, not `.` or `..`.",
    ),
]
Sha256 = Annotated[
    str, Meta(pattern=r"^[0-9A-Fa-f]{64}(?!\n)$", max_length=64, description="SHA-256, 64 hexadecimal digits.")
]
Md5 = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{32}(?!\n)$", max_length=32, description="MD5, 32 hexadecimal digits.")]
Password = Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=1024, description="Never stored, never shown.")]

# --- closed sets --------------------------------------------------------------------------------------------------

BusinessType = Literal["Build", "Gate", "Deploy", "Test", "Normal"]
BusinessTypeFilter = Literal["", "Build", "Gate", "Deploy", "Test", "Normal"]
PluginAttribution = Literal["official", "custom", "published"]
PluginAttributionFilter = Literal["", "official", "custom", "published"]
VersionAttribution = Literal["draft", "formal", "init"]
VersionAttributionFilter = Literal["", "draft", "formal", "init"]
RuntimeAttribution = Literal["agent", "agentless"]
CompositionType = Literal["single", "multi"]
Flag = Literal[0, 1]
