"""Kernel settings, copied into the environment.

Each kernel would warn that it talks over a socket in plain text; it talks to
this machine only, and a build starts ten of them.
"""

c = get_config()  # noqa: F821
c.IPKernelApp.log_level = "ERROR"
