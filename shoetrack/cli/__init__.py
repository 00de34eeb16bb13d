"""The command line: thin, one file a noun, and the only room that prints."""
