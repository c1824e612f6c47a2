"""Verdicts on designs, as objects, as plain text and as JSON."""

from ksmlib.report.verdict import FolioWalk, Report, Verdict, run

__all__ = ["FolioWalk", "Report", "Verdict", "run"]
