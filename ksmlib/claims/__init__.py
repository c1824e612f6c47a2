"""What the book claims: under names that last, each with its evidence."""

from ksmlib.claims.registry import Claim, claim, claims

__all__ = ["Claim", "claim", "claims"]
