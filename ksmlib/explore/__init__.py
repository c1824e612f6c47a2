"""Every history up to a bound, and the shortest one that breaks a design.

``search`` is a breadth-first search over any ``Model``: initial states,
actions, next state, properties. ``histories`` is the model whose actions are
the operations of the history language and whose states are machines. What was
explored so far is in the manifest.
"""

from ksmlib.explore.bound import Bound
from ksmlib.explore.exploration import Exploration
from ksmlib.explore.manifest import Recorded, explorations
from ksmlib.explore.tables import Cell, Saturation, matrix, saturation, together

__all__ = [
    "Bound",
    "Cell",
    "Exploration",
    "Recorded",
    "Saturation",
    "explorations",
    "matrix",
    "saturation",
    "together",
]
