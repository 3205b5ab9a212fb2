"""As much of curl as the README uses, for machines without it."""

import sys
from pathlib import Path

import httpx


def main(arguments: list[str]) -> int:
    """Sends one request; answers curl's exit status."""
    headers: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    data: str | bytes | None = None
    url = dump = out = method = ""
    rest = iter(arguments)
    for argument in rest:
        if argument == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif argument == "-d":
            data = next(rest)
        elif argument == "-D":
            dump = next(rest)
        elif argument == "-o":
            out = next(rest)
        elif argument == "-X":
            method = next(rest)
        elif argument == "-T":
            data, method = Path(next(rest)).read_bytes(), "PUT"
        elif argument == "-F":
            name, _, path = next(rest).partition("=@")
            files[name] = (Path(path).name, Path(path).read_bytes())
        elif not argument.startswith("-"):
            url = argument
    method = method or ("GET" if data is None and not files else "POST")
    answer = httpx.request(method, url, headers=headers, content=data, files=files or None, timeout=30)
    if dump:
        Path(dump).write_text("".join(f"{name}: {value}\r\n" for name, value in answer.headers.items()))
    if out:
        Path(out).write_bytes(answer.content)
    else:
        sys.stdout.write(answer.text)
    return 22 if answer.is_error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
