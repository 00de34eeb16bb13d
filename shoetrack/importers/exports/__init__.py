"""What services and phones export of a whole account."""
