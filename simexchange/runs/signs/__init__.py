"""What a server can see a bot do: a small detector for each family of the signs that scenarios name."""
