"""`python -m tests.vsce` installs vsce."""

from tests.vsce import install

install()
