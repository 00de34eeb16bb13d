"""What part of its rotation's miles a pair should have: given shares, and gentle starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import fsum

from shoetrack.model import Shoe
from shoetrack.units import MM_PER_MILE

# A new pair begins at this part of its target and is at all of it after so many miles. Podiatrists
# say the same in words: the shorter runs of the week first, until the pair has some miles, then
# turns (R. Blake, "Breaking in new running shoes", drblakeshealingsole.com, 2010).
NEW_UNTIL_MM = 50 * MM_PER_MILE
NEW_FROM = 0.25
# A minimalist pair begins at a tenth: the U.S. Army's Public Health Command tells runners to do
# 10 % of their distance in such shoes at first, and not two days in a row for four weeks
# (army.mil/article/71428, 2012). Studies of the change let it take 2 weeks and more, 4 being common
# (Warne & Gruber 2017, Sports Medicine - Open 3:33).
MINIMALIST_UNTIL = timedelta(weeks=4)
MINIMALIST_FROM = 0.10


def gentle(shoe: Shoe, worn_mm: int, worn_for: timedelta | None) -> float:
    """The factor on a pair's target as it starts: above 0, and 1 once it has started.

    `worn_mm` is what the pair has by then, `worn_for` how long ago it was first worn; None: never.
    """
    factor = _rising(NEW_FROM, worn_mm / NEW_UNTIL_MM)
    if shoe.minimalist:
        days = 0 if worn_for is None else worn_for.days
        factor = min(factor, _rising(MINIMALIST_FROM, days / MINIMALIST_UNTIL.days))
    return factor


def _rising(begin: float, progress: float) -> float:
    return 1.0 if progress >= 1 else begin + (1 - begin) * max(progress, 0.0)


def divide_turns(members: Sequence[tuple[int | None, float]]) -> list[float]:
    """What part each member should have of a day's miles; the parts sum to 1.

    A member is its given share in percent, or None, and its gentle factor. What the given shares
    leave goes to the others alike. Where there is too much or too little given, all are scaled.
    """
    others = sum(given is None for given, _ in members)
    left = max(100 - sum(given or 0 for given, _ in members), 0)
    weights = [(left / others if given is None else given) * factor for given, factor in members]
    whole = fsum(weights)
    if not whole:  # the given shares leave nothing, and whose they are is out of use
        weights = [factor for _, factor in members]
        whole = fsum(weights)
    return [weight / whole for weight in weights]
