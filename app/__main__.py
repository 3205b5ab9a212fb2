"""The program `plugport`: serving, migrating, and what operators do."""

import click

from app.cli.checks import checks
from app.cli.demo import demo
from app.cli.jobs import jobs
from app.cli.migrate import migrate
from app.cli.operators import COMMANDS
from app.cli.serve import serve
from app.cli.upkeep import audit, gc, scrub
from app.cli.work import work


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="plugport")
def main() -> None:
    """Plugport, a plug-in marketplace and registry of your own. Settings are PLUGPORT_* environment variables."""


for _command in (serve, work, migrate, *COMMANDS, jobs, checks, gc, scrub, audit, demo):
    main.add_command(_command)


if __name__ == "__main__":
    main(prog_name="plugport")
