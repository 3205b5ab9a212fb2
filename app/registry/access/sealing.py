"""Secrets that must be read again (access keys' secrets sign requests, so a hash will not do) are kept encrypted."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Seal:
    """Encrypts with AES-256-GCM under one key. What is sealed for one name opens under that name only."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 bytes."""
        if len(key) != 32:
            raise ValueError("the sealing key must be 32 bytes")
        self._cipher = AESGCM(key)

    def close(self, secret: str, name: str) -> bytes:
        """The sealed form of `secret`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), name.encode())

    def open(self, sealed: bytes, name: str) -> str:
        """The secret. Raises `cryptography.exceptions.InvalidTag` when it was sealed by another key or for another name."""
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode()).decode()
