"""Which watch, or which program, a FIT file says that it is from.

Source: the FIT profile's `manufacturer` and `garmin_product` (Garmin FIT SDK, 21.x); the tests hold
both against another reader's tables.
"""

from __future__ import annotations

_GARMIN = 1

_MAKERS = {
    _GARMIN: "Garmin",
    13: "Dynastream",
    15: "Dynastream",
    16: "Timex",
    23: "Suunto",
    32: "Wahoo",
    38: "o_synce",
    40: "Concept2",
    52: "Epson",
    61: "Geonaute",
    70: "Sigma Sport",
    71: "TomTom",
    95: "Stryd",
    112: "Bryton",
    115: "iGPSPORT",
    123: "Polar",
    142: "TAG Heuer",
    148: "Ezon",
    258: "Lezyne",
    267: "Bryton",
    289: "Hammerhead",
    294: "COROS",
    305: "WHOOP",
    310: "Decathlon",
    326: "Nike",
}
# Programs and web sites: what made the file, and no device that a person would recognise.
_PROGRAMS = {
    128: "iFIT",
    260: "Zwift",
    265: "Strava",
    281: "TrainerRoad",
    284: "Virtualtraining",
    298: "Trailforks",
    307: "OneLap",
    315: "RGT Cycling",
    331: "MyWhoosh",
}
_GARMIN_PROGRAMS = {
    20119: "Garmin Training Center",
    65531: "Connect IQ simulator",
    65532: "Garmin's ANT+ plugin for Android",
    65534: "Garmin Connect",
}

# Watches that people run with, each with its regional numbers.
_WATCHES: dict[str, tuple[int, ...]] = {
    "Forerunner 301": (473, 474, 475, 494),
    "Forerunner 405": (717, 987),
    "Forerunner 50": (782,),
    "Forerunner 60": (988,),
    "Forerunner 310XT": (1018, 1446),
    "Forerunner 110": (1124, 1274),
    "Forerunner 910XT": (1328, 1537, 1600, 1664),
    "Forerunner 610": (1345, 1410),
    "Forerunner 210": (1360,),
    "Forerunner 70": (1436,),
    "Forerunner 10": (1482, 1688),
    "fēnix": (1551,),
    "Forerunner 620": (1623, 1928, 1929, 2072, 2173),
    "Forerunner 220": (1632, 1930, 1931, 2073, 2174),
    "Forerunner 920XT": (1765, 2130, 2131, 2132),
    "Forerunner 15": (1903, 2061),
    "vívoactive": (1907, 2160),
    "fēnix 2": (1967,),
    "epix": (1988, 2332, 2457),
    "fēnix 3": (2050, 2188, 2189, 2293, 2407, 2408),
    "Forerunner 25": (2148,),
    "Forerunner 225": (2153, 2219),
    "Forerunner 630": (2156, 2310, 2311),
    "Forerunner 230": (2157, 2313),
    "Forerunner 735XT": (2158, 2533, 2534),
    "vívoactive HR": (2337, 2497),
    "Forerunner 235": (2396, 2397, 2431, 2733, 3144),
    "fēnix 3 HR": (2413, 2473, 2474, 2475, 2476, 2477),
    "fēnix 3 Chronos": (2432, 2675),
    "Forerunner 35": (2503, 2650, 2667, 2668, 2727, 2814),
    "fēnix 5S": (2544, 2797),
    "fēnix 5X": (2604, 2798),
    "Forerunner 935": (2691, 2833),
    "fēnix 5": (2697, 2796),
    "vívoactive 3": (2700, 2988, 3066, 3163, 3446, 3473),
    "Forerunner 645": (2886, 3003),
    "Forerunner 645 Music": (2888, 3004),
    "Forerunner 30": (2891, 2977),
    "fēnix 5S Plus": (2900, 3134),
    "Forerunner 245": (3076, 3145),
    "Forerunner 245 Music": (3077, 3321),
    "fēnix 5 Plus": (3110,),
    "fēnix 5X Plus": (3111, 3135),
    "Forerunner 945": (3113, 3441),
    "Instinct Esports": (3126,),
    "vívoactive 4": (3224, 3225, 3387, 3388, 3389),
    "Venu": (3226, 3737, 3740),
    "MARQ": (
        3246,
        3247,
        3248,
        3249,
        3250,
        3251,
        3420,
        3421,
        3448,
        3449,
        3450,
        3451,
        3624,
        3648,
        3739,
        3850,
        4105,
        4124,
        4472,
    ),
    "Forerunner 45": (3282, 3469),
    "fēnix 6S": (3287, 3288, 3512, 3513),
    "fēnix 6": (3289, 3290, 3514, 3515),
    "fēnix 6X": (3291, 3516),
    "Instinct Solar": (3466,),
    "Forerunner 745": (3589, 3794),
    "Venu Sq Music": (3596, 3599),
    "Venu Sq": (3600, 3837),
    "Enduro": (3638, 3872),
    "Forerunner 945 LTE": (3652, 3978),
    "Venu 2": (3703, 3950),
    "Venu 2S": (3704, 3949),
    "Venu 2 Plus": (3851, 4017),
    "Forerunner 55": (3869, 4033),
    "Instinct 2": (3888, 4071),
    "Instinct 2S": (3889,),
    "fēnix 7S": (3905, 3908),
    "fēnix 7": (3906, 3909),
    "fēnix 7X": (3907, 3910),
    "epix 2": (3943, 3944),
    "Forerunner 255 Music": (3990,),
    "Forerunner 255S Music": (3991,),
    "Forerunner 255": (3992,),
    "Forerunner 255S": (3993,),
    "Forerunner 955": (4024,),
    "Venu Sq 2": (4115,),
    "Venu Sq 2 Music": (4116,),
    "tactix 7": (4135,),
    "Instinct Crossover": (4155,),
    "Forerunner 265": (4257,),
    "Forerunner 265S": (4258,),
    "Venu 3": (4260,),
    "Venu 3S": (4261,),
    "epix Pro": (4312, 4313, 4314),
    "Forerunner 965": (4315,),
    "Enduro 2": (4341,),
    "fēnix 7S Pro": (4374,),
    "fēnix 7 Pro": (4375,),
    "fēnix 7X Pro": (4376,),
    "Instinct 2X": (4394,),
    "vívoactive 5": (4426,),
    "Forerunner 165": (4432,),
    "Forerunner 165 Music": (4433,),
    "fēnix 8 Solar": (4532, 4533),
    "fēnix 8": (4534, 4536),
    "Enduro 3": (4575,),
    "Instinct E": (4583, 4584),
    "Instinct 3": (4585, 4586, 4587, 4759),
    "vívoactive 6": (4625,),
    "fēnix E": (4666,),
    "tactix 8": (4775, 4776),
}
_GARMIN_WATCHES = {number: name for name, numbers in _WATCHES.items() for number in numbers}


def maker_of(manufacturer: int | None, product: int | None, product_name: str) -> tuple[str, str]:
    """What made the file, and on which device, as people call them; each "" where nobody knows.

    A file's own product name is believed before the table.
    """
    if manufacturer in _PROGRAMS:
        return _PROGRAMS[manufacturer], ""
    if manufacturer == _GARMIN and product in _GARMIN_PROGRAMS:
        return _GARMIN_PROGRAMS[product], ""
    name = product_name
    if not name and manufacturer == _GARMIN:
        name = _GARMIN_WATCHES.get(product or 0, "")
    maker = _MAKERS.get(manufacturer or 0, "")
    if not name.casefold().startswith(maker.casefold()):
        name = f"{maker} {name}".strip()
    return name or maker, name or maker
