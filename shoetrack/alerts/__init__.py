"""What is worth saying, and when it is said. Plain functions; `now` is an argument."""
