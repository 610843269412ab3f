"""The commands of the command line, one module each: ``run(argv, environ) -> exit code``."""
