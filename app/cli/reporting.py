"""How commands answer: for people, or with `--json` for scripts; and how they fail: one sentence, never a trace."""

import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec

import click

from app.settings import SettingRefused
from schemas.errors import InvalidField, RegistryError, Unexpected
from storage.postgres.migrate import MigrationRefused

P = ParamSpec("P")


class CommandFailed(Exception):
    """A command cannot do its work; the text is the sentence for whoever ran it."""


as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer JSON, errors included.")


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Ends the program with 1 and one sentence when the command fails, with 2 when a setting is wrong.

    The sentence goes to the standard error output; with `--json` it is an object on the standard output instead.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            command(*args, **kwargs)
        except click.ClickException:
            raise
        except KeyboardInterrupt:
            _fail(Unexpected.code, "Interrupted.", as_json, 130)
        except CommandFailed as error:
            _fail(Unexpected.code, str(error), as_json, 1)
        except SettingRefused as error:
            _fail(InvalidField.code, str(error), as_json, 2)
        except RegistryError as error:
            _fail(error.code, str(error), as_json, 1)
        except MigrationRefused as error:
            _fail(Unexpected.code, f"The database cannot be brought to this release's shape: {error}.", as_json, 1)
        except Exception as error:  # the last resort: whoever runs a command gets a sentence
            if os.environ.get("PLUGPORT_LOG_LEVEL") == "debug":
                raise  # whoever asks for it gets the trace
            _fail(Unexpected.code, f"{type(error).__name__}: {error}", as_json, 1)

    return run


def answer(as_json: bool, facts: dict[str, Any], sentence: str) -> None:
    """Prints the facts as JSON, or the sentence."""
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else sentence)


def _fail(code: str, text: str, as_json: bool, status: int) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error_code": code, "error_msg": text}, ensure_ascii=False))
    else:
        click.echo(text, err=True)
    sys.exit(status)
