"""Pictures of states, trees, curves and verdicts, and the same in words.

Everything but ``figure`` and ``graph`` needs the standard library alone, so
it also runs in a browser's Python.
"""
