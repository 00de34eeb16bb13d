"""What runs while nobody looks.

`tasks` lists what is done and when; `work` does one of them, and keeps how it went; `loop` does all
of them for as long as it is left to.
"""
