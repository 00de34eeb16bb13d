"""shoetrack: know when your running shoes are done."""

__version__ = "0.1.0"
