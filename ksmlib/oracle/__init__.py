"""A running Linux as the judge: the same history on a kernel and on the model.

A history becomes a script (``script``), a booted kernel runs it with real
processes (``boot``) and prints records (``records``), and what they hold is
compared with the model (``compare``). What kernels did is kept in
``traces/``, so that the comparison needs no kernel (``golden``).
"""
