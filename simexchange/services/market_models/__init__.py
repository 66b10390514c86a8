"""Who trades when no bot does. Models hold accounts, submit commands like everybody, and hang on the clock alone."""
