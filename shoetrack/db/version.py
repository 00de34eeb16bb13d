"""Which versions of the store this shoetrack knows, the oldest first. A test holds them equal to
the migrations; kept here so that reading commands need not load Alembic to ask.
"""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
HEAD = REVISIONS[-1]

# "shoe" in ASCII: SQLite's field for telling whose file it is.
APPLICATION_ID = 0x73686F65

# The triggers that refuse to change or delete an entry, by name; `views` makes them.
APPEND_ONLY = frozenset({"entry_no_update", "entry_no_delete", "entry_no_replace"})
