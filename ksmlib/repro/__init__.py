"""A history as a C program that runs it on a real kernel."""

from ksmlib.repro.program import ReproError, c_program

__all__ = ["ReproError", "c_program"]
