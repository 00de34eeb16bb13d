"""`completion`: words in the shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from shoetrack.cli.app import Command
from shoetrack.cli.render import say


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes shoetrack's words in your shell.

    \b
    shoetrack completion bash >> ~/.bashrc
    shoetrack completion zsh >> ~/.zshrc
    shoetrack completion fish > ~/.config/fish/completions/shoetrack.fish
    """
    from shoetrack.cli.main import COMPLETE, cli

    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(cli, {}, "shoetrack", COMPLETE).source())
