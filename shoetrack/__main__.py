"""`python -m shoetrack`, and the `shoetrack` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    # Start-up makes many objects and no garbage: looking for any costs a twentieth of it.
    gc.set_threshold(50_000, 20, 20)
    from shoetrack.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
