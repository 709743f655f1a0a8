"""The command line: a file per subcommand, each with `register` (its options) and `run` (an exit code)."""
