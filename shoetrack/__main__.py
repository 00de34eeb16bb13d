"""`python -m shoetrack`, and the `shoetrack` command."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    # Start-up makes many objects and no garbage: looking for any costs a twentieth of it.
    gc.set_threshold(50_000, 20, 20)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # Closed by the caller, as by `>&-`: Python then has None in its place.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    try:
        from shoetrack.cli.main import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the program itself was still being loaded
        sys.stderr.write("shoetrack: interrupted\n")
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
