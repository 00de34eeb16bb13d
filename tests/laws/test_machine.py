"""Laws 1 to 5 hold after any commands in any order, on a real store.

A machine does at random what people do, remembers what it was told by hand, and looks at the store
from outside (`watch`) after each step. `HYPOTHESIS_PROFILE=long` lets it search for longer.
"""

from __future__ import annotations

import os

from hypothesis import settings

from tests.laws.rules_auto import Auto
from tests.laws.rules_imports import Imports
from tests.laws.rules_pairs import Pairs
from tests.laws.rules_runs import Runs


class Ledger(Imports, Runs, Pairs, Auto):
    """Everything that can be done to a store."""


TestLedger = Ledger.TestCase
if os.environ.get("HYPOTHESIS_PROFILE", "default") == "default":
    TestLedger.settings = settings(max_examples=150, stateful_step_count=25)
