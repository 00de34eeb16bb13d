"""What people ask, at every prompt: so nothing heavy is loaded here."""
