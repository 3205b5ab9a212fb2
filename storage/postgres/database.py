"""The connection pool and the transactions in which everything happens.

Every transaction says for whom it works; row-level security shows it that tenant's rows and no others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from schemas.errors import ServiceBusy
from schemas.ids import is_id
from storage.postgres.queries import Query

APP_ROLE = "plugport_app"

# What asyncpg raises when the database cannot serve us now, though nothing is wrong with the request. A lost connection in
# the middle of a COMMIT is among them: the caller must ask whether the change took hold.
_BUSY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InsufficientResourcesError,  # too many connections, no memory, a full disk
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # used between the server's last word and the end of the connection
    ConnectionError,
    TimeoutError,
)


class UniqueTaken(Exception):
    """A row broke the unique constraint or index `constraint`."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Transaction:
    """One open transaction. Values go by the parameters' names."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def many(self, query: Query, **values: object) -> list[Any]:
        """All rows."""
        rows: list[Any] = await self._connection.fetch(query.sql, *_arguments(query, values))
        return rows

    async def maybe(self, query: Query, **values: object) -> Any | None:
        """The row, or None where there is none."""
        return await self._connection.fetchrow(query.sql, *_arguments(query, values))

    async def one(self, query: Query, **values: object) -> Any:
        """The row; `LookupError` where there is none."""
        row = await self.maybe(query, **values)
        if row is None:
            raise LookupError(query.name)
        return row

    async def value(self, query: Query, **values: object) -> Any:
        """The first column of the row; None where there is no row."""
        return await self._connection.fetchval(query.sql, *_arguments(query, values))

    async def run(self, query: Query, **values: object) -> None:
        """Runs a statement whose rows, if any, are of no interest.

        Raises `UniqueTaken` for a duplicate; the transaction is then good for nothing more.
        """
        try:
            await self._connection.execute(query.sql, *_arguments(query, values))
        except asyncpg.UniqueViolationError as error:
            raise UniqueTaken(error.constraint_name or "") from error

    async def copy(self, table: str, columns: list[str], records: Any) -> None:
        """Loads many rows at once (COPY). `table` and `columns` are ours, never a user's."""
        await self._connection.copy_records_to_table(table, columns=columns, records=records)


def _arguments(query: Query, values: dict[str, object]) -> list[object]:
    if values.keys() != set(query.parameters):
        raise TypeError(f"{query.name} takes {sorted(query.parameters)}, not {sorted(values)}")
    return [values[name] for name in query.parameters]


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, size: int, role: str | None = APP_ROLE) -> "Database":
        """Connects with at most `size` connections, which work as `role` (None: as whoever the URL says)."""
        settings = {
            "search_path": "plugport,public",
            "application_name": "plugport",
            "TimeZone": "UTC",
            # Our statements are index look-ups whatever the values: planned once for each connection, and never worth
            # compiling or starting a second process for. Planning took longer than a whole list.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
        }
        if role is not None:
            settings["role"] = role
        pool = await asyncpg.create_pool(
            url,
            min_size=min(2, size),
            max_size=size,
            command_timeout=30,
            timeout=10,
            server_settings=settings,
            reset=_keep,
        )
        return cls(pool)

    @asynccontextmanager
    async def transaction(
        self, tenant_id: str = "", *, platform: bool = False, snapshot: bool = False
    ) -> AsyncIterator[Transaction]:
        """A transaction that sees and changes `tenant_id`'s rows and what is shared; with `platform`, every tenant's.
        With `snapshot` it changes nothing, and all its statements see the same moment.

        Raises `ServiceBusy` when the database does not answer or cannot finish it now.
        """
        if tenant_id and not is_id(tenant_id):
            raise ValueError("not a tenant id")
        async with self._connection() as connection:
            try:
                # One round trip; the only value in it has been checked to be 32 hexadecimal digits.
                await connection.execute(
                    f"BEGIN{' ISOLATION LEVEL REPEATABLE READ READ ONLY' if snapshot else ''};"
                    f" SET LOCAL plugport.tenant = '{tenant_id}';"
                    f" SET LOCAL plugport.platform = '{'on' if platform else ''}'"
                )
                yield Transaction(connection)
            except BaseException:
                await asyncio.shield(_roll_back(connection))
                raise
            if await connection.execute("COMMIT") != "COMMIT":
                raise RuntimeError("a failed statement was passed over, and the transaction rolled back")

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[Transaction]:
        """Single statements, each a transaction of its own, that see no tenant's rows: for the functions that find the
        holder of a credential. Spares the round trips of a transaction. Raises `ServiceBusy`.
        """
        async with self._connection() as connection:
            yield Transaction(connection)

    @asynccontextmanager
    async def alone(self, purpose: int) -> AsyncIterator[None]:
        """Nobody else on this database does what `purpose` stands for meanwhile; waits for who is at it."""
        async with self._connection() as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", purpose)
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", purpose)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._pool.acquire(timeout=10) as connection:
                yield connection
        except _BUSY as error:
            raise ServiceBusy from error

    async def close(self) -> None:
        """Waits for open transactions and disconnects."""
        await self._pool.close()


async def _roll_back(connection: Any) -> None:
    if not connection.is_closed() and connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def _keep(_connection: object) -> None:
    """Nothing to reset between uses: sessions hold no state, every setting is local to its transaction."""
