"""``python -m augury.cli``: the command where no script was installed."""

from augury.cli.app import app

app()
