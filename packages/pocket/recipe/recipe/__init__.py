"""Makes the pocket model of Nearfield from data. `python -m recipe --help` says how."""

__version__ = "0.1.0"
