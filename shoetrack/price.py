"""What a pair costs for each mile or kilometre, from a price as people write it."""

from __future__ import annotations

import re

from shoetrack.units import Unit

# A sign, with letters before it or not ("$", "US$", "€"); a code of three capitals; a word for
# money. Any other word near the number ("paid 140", "140 on sale") is no part of the price.
_CURRENCY = (
    r"(?:\b[A-Za-z]{0,3}[$€£¥₩₽₹₺₴₪฿₫₱₦₡₲₸₾¢]"
    r"|[$€£¥₩₽₹₺₴₪฿₫₱₦₡₲₸₾¢]"
    r"|\b[A-Z]{3}\b"
    r"|\b(?i:eur|usd|gbp|chf|dkk|sek|nok|euros?|dollars?|pounds?|kroner|kronor|krone|yen|francs?"
    r"|kr|kč|zł|ft|fr|lei|rs)\b\.?)"
)
# Thousands are told by groups of three digits; what follows them is a mark of another kind.
_NUMBER = (
    r"(?<![\d.,])(?:(?P<spaced>[1-9]\d{0,2}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?)"
    r"|(?P<dotted>[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?)"
    r"|(?P<comma>[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?)"
    r"|(?P<plain>\d{1,9}(?:[.,]\d{1,2})?))(?!\d)"
)
_PRICE = re.compile(
    rf"(?P<before>{_CURRENCY})?(?P<gap>\s*){_NUMBER}(?:[.,]?[-–—])?(?P<room>\s*)(?P<after>{_CURRENCY})?"
)


def per_distance(price: str, distance_mm: int, unit: Unit) -> str | None:
    """`0.31 EUR/mi` of "129.95 EUR" after so many millimetres, the currency where it was written.

    None where no price can be read, or more than one, and below one mile or kilometre.
    """
    found = list(_PRICE.finditer(price))
    if distance_mm < unit.mm or len(found) != 1:
        return None
    match = found[0]
    if price[: match.start()].rstrip().endswith(("-", "−")) or _goes_on(price, match):
        return None
    cost = _amount(match) / (distance_mm / unit.mm)
    number = f"{cost:,.2f}"
    if match["before"]:
        return f"{match['before']}{match['gap'] and ' '}{number}/{unit}"
    if match["after"]:
        return f"{number}{match['room'] and ' '}{match['after']}/{unit}"
    return f"{number}/{unit}"


def _goes_on(price: str, match: re.Match[str]) -> bool:
    """Whether the number has more to it than could be read: `12.3456`, `1e5`."""
    rest = price[match.end() :]
    return bool(re.match(r"[.,]?\d|%", rest)) or (
        not match["room"] and not match["after"] and rest[:1].isalpha()
    )


def _amount(match: re.Match[str]) -> float:
    if number := match["dotted"]:
        return float(number.replace(".", "").replace(",", "."))
    if number := match["comma"]:
        return float(number.replace(",", ""))
    number = match["spaced"] or match["plain"]
    return float(re.sub(r"[\s'’]", "", number).replace(",", "."))
