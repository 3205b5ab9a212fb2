"""What is cleared away, what is read again, and what a check of everything finds."""

from schemas.base import Entity


class StoredKey(Entity, frozen=True):
    """A key of ours in the store, and which rows could name it.

    `digest` is that of a content key and `upload_id` that of a key below an upload; otherwise they are empty.
    """

    text: str
    tenant_id: str
    digest: str = ""
    upload_id: str = ""


class Collected(Entity, frozen=True):
    """How much a collection of garbage removed; with `dry_run`, how much it would have removed."""

    dry_run: bool
    icons: int
    """Pictures that nobody shows."""
    blobs: int
    """Blobs whose rows went, because no version, icon or upload needs them."""
    uploads_cleared: int
    """Uploads that are over, whose chunks and unneeded files were removed."""
    uploads_forgotten: int
    """Uploads that were over for long, whose rows went."""
    files: int
    """Blobs whose rows were gone and whose bytes went."""
    leftovers: int
    """Unfinished things of killed processes. A dry run does not look for them."""
    orphans: int
    """Keys that no row names."""


class Scrubbed(Entity, frozen=True):
    """What reading every blob again has found. Counts blobs, but for `bytes_read`."""

    blobs: int
    bytes_read: int
    lost: int
    """Not there. Counted at each reading, also where they were in quarantine already."""
    damaged: int
    """Other bytes than were stored; counted likewise."""
    proven: int
    """Whole, and now with a proof, which they lacked or which was wrong."""
    restored: int
    """Released from quarantine, because the bytes are whole again."""


class ChainHead(Entity, frozen=True):
    """The end of a tenant's audit chain: the number of the last entry (0: there is none) and its hash in hex."""

    tenant_id: str
    number: int
    hash: str


class BrokenChain(Entity, frozen=True):
    """A tenant's audit chain that is not whole: from which entry on, and why."""

    tenant_id: str
    number: int
    problem: str


class Fault(Entity, frozen=True):
    """A key at which rows and storage disagree, and how."""

    tenant_id: str
    key: str
    problem: str


class Verification(Entity, frozen=True):
    """What a check of everything has found. `faults` tells the first thousand of the lost, damaged and orphaned keys."""

    tenants: int
    entries: int
    broken_chains: list[BrokenChain]
    blobs: int = 0
    lost: int = 0
    damaged: int = 0
    orphaned: int = 0
    faults: list[Fault] = []

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not (self.broken_chains or self.lost or self.damaged or self.orphaned)
